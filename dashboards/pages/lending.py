"""Page 授信."""

import source
import view

from lishui_credit.language import tr

data = source.data()
view.banner(data.synthetic, data.observed.name)
view.heading(tr("Lending", "授信"))
