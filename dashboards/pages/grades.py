"""Page 评价."""

import source
import view

from lishui_credit.language import tr

data = source.data()
view.banner(data.synthetic, data.observed.name)
view.heading(tr("Grades", "评价"))
