"""The dashboard: `make dashboard`, or `streamlit run dashboards/app.py`. It calls, it computes nothing."""

from pathlib import Path

import login
import source
import streamlit as st
import view

from lishui_credit.errors import CreditError
from lishui_credit.language import language, tr
from lishui_credit.reports.html import document_language

HERE = Path(__file__).resolve().parent

view.read_address()  # before st.navigation: so the browser goes back to the page before in one step
view.speak()
st.set_page_config(
    page_title=tr("Credit Lishui: the plan's twelve indicators", "信用丽水 · 规划十二项指标"),
    page_icon=str(HERE / "icon.png"),  # a :material: one is fetched from elsewhere
    layout="wide",
    initial_sidebar_state="collapsed",
)
st.html(HERE / "style.css")
if language() == "zh":
    st.html(HERE / "zh.css")
with st.container(key="spoken"):
    # Streamlit's document says English, always
    st.html(document_language(), unsafe_allow_javascript=True)
login.require_login()
PAGES = (
    ("overview", "", tr("Overview", "总览"), ":material/dashboard:"),
    ("indicator", "indicator", tr("Indicator", "指标"), ":material/show_chart:"),
    ("counties", "counties", tr("Counties", "区县"), ":material/map:"),
    ("data", "data", tr("Data", "数据"), ":material/database:"),
    ("grades", "grades", tr("Grades", "评价"), ":material/star_half:"),
    ("models", "models", tr("Models", "模型"), ":material/model_training:"),
    ("lending", "lending", tr("Lending", "授信"), ":material/tune:"),
)
page = st.navigation(
    [
        st.Page(f"screens/{name}.py", title=title, icon=icon, url_path=path, default=not path)
        for name, path, title, icon in PAGES
    ],
    position="top",
)
view.header(login.sign_out)
view.offers().clear()
try:
    page.run()
except CreditError as error:
    view.refuse(error, source.names())
finally:
    view.complete_address(page.url_path)
    view.downloads()
