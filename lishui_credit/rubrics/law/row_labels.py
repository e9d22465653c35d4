"""English labels of the rows of editions, whose files hold the words of the law alone.

They are ours, short, and no translation of the clause. A row without one is called by its id.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

from lishui_credit.language import tr

_INSPECTED: Final = "tax made good with surcharge and fine"

ENGLISH: Final[Mapping[str, str]] = MappingProxyType({
    # environment
    "outlet_compliance": "discharges to air and water within limits",
    "siting": "ecology in the choice of site", "resource_use": "ecology in the use of resources",
    "development": "ecology in construction", "permit": "discharge permit",
    "declaration": "declaration of discharges", "fee": "discharge fee paid",
    "facility_operation": "treatment plant in operation", "outlet_standardisation": "outlets built to standard",
    "penalties": "penalties and orders", "complaints": "complaints of residents", "media": "reports of the media",
    "facility_condition": "treatment plant in good condition", "total_control": "cap on total discharges",
    "crime": "an environmental crime", "no_eia": "built without an approved impact assessment",
    "no_acceptance": "in production without acceptance of its environmental facilities",
    "major_change": "changed in kind, size or process without a new assessment",
    "over_cap": "total discharges above the cap", "hidden_pipe": "hidden pipes, seepage pits or bypasses",
    "illegal_hazardous_waste": "hazardous waste dumped or handed to firms without a licence",
    "water_source_cut": "a drinking water source was cut off", "sensitive_area": "serious harm to a protected area",
    "severe_ecological_damage": "severe ecological damage by construction",
    "major_incident": "a larger or worse environmental incident",
    "supervised_overdue": "named for supervision and not mended in time",
    "obstruction": "inspectors obstructed with violence or threats",
    "heavy_pollution_response": "duties on days of heavy pollution not met",
    "stopped": "production stopped for half a year, or closed",
    "ordinary_incident": "an ordinary incident: one grade lower", "penalty_means_red": "any penalty means red",
    # households
    "family": "members of the family", "labour": "members able to work", "assets": "household assets",
    "disposable": "assets that can be sold", "shares": "shares in the credit cooperative",
    "income": "net income of last year", "record": "repayment record", "peers": "judgement of the assessment group",
    "no_credit_idle": "idle, without proper work", "no_credit_low_income_support": "on income support",
    "no_credit_criminal_record": "serving a sentence, or with a criminal record",
    "no_credit_single_over_40": "aged 40 or more and without family",
    "no_credit_family_discord": "violence or misconduct that broke the family's peace",
    "no_credit_vices": "gambling, drugs or vice", "no_credit_illness": "unable to work through long illness",
    "no_credit_poverty_loan": "a poverty relief loan still open", "no_credit_filial": "neglects the parents",
    "no_credit_character": "of bad character", "no_credit_absent": "no home left at the registered place, or long away",
    "no_credit_neighbours": "poor sense of credit, on bad terms with neighbours",
    "no_credit_arrears": "offences, or loans left unpaid on purpose",
    "no_credit_illegal_finance": "illegal fund-raising or organised crime",
    "no_credit_over_indebted": "debts above 60% of assets", "no_credit_enforced": "a loan enforced by a court",
    "no_credit_bad_record": "a bad credit record, also of the family",
    "no_credit_bad_guarantee": "a guarantee for a bad loan", "max_line": "highest credit line",
    "micro_line": "line of small loans", "table": "assessment sheet of credit households",
    # small enterprises
    "debt_80_90": "debt ratio of 80 to 90%: at most A", "debt_90_100": "debt ratio of 90 to 100%: at most B",
    "debt_above_100": "debt ratio above 100%: D", "loan_substandard": "a substandard loan: at most B",
    "loan_doubtful": "a doubtful loan: at most CC", "loan_loss": "a loan lost: D",
    "loss_once": "a loss this period: at most A", "loss_twice": "losses this period and the last: at most BB",
    "total": "total score", "restricted_industry": "an industry that the state restricts",
    "obsolete_technology": "equipment or products to be abolished", "insolvent": "debts above assets",
    "stopped_half_year": "production stopped for half a year", "evades_bank_debt": "evades debts to banks",
    "interest_below": "interest repayment below 2.7 points", "repayment_below": "repayment of due credit below 3.6 points",
    # taxpayers
    "r010101": "tax return late", "r010102": "tax not withheld in time", "r010103": "financial statements late",
    "r010104": "zero or negative VAT returns, 3 months in a row or 6 in all", "r010105": "first return less than 3 years ago",
    "r010106": "facts hidden or false promises", "r010107": "an officer's own income tax not settled",
    "r010201": "VAT data of invoices reported late", "r010301": "export refund: recognition late or refund refused",
    "r010302": "export refund: books or documents not kept", "r010303": "export refund: documents not filed",
    "r010304": "processing trade: registration or settlement late", "r010305": "export refund: false documents",
    "r010306": "export refund claimed for goods that are taxed", "r010501": "accounting rules filed late",
    "r010502": "accounting software not filed", "r010503": "related-party dealings not reported",
    "r010504": "other tax documents late", "r010505": "bank account not reported in time",
    "r010506": "false tax documents, or documents refused", "r020101": "tax declared and paid late",
    "r020201": "declared tax of 50,000 yuan or more unpaid", "r020202": "declared tax below 50,000 yuan unpaid",
    "r020301": "withheld tax not passed on", "r020302": "tax not withheld", "r02_remit": "withheld tax not passed on",
    "r02_withhold": "tax not withheld", "r02_arrears_hi": "arrears of 50,000 yuan or more",
    "r02_arrears_lo": "arrears below 50,000 yuan", "r0301_not_issued": "invoice not issued",
    "r0301_e_records": "electronic invoice data not kept or filed", "r030105": "paper invoices damaged or lost",
    "r0301_irregular": "invoices issued, cancelled, reported or carried against the rules",
    "r0301_destroy": "invoices destroyed", "r030201": "tax control device not installed or used",
    "r030202": "tax control system not updated", "r030203": "tax control device damaged or altered",
    "r030204": "tax control device lost", "r03_misc": "invoices", "r040101": "tax registration late",
    "r040102": "certificate of business elsewhere not handled", "r040201": "books not set up",
    "r040202": "books not kept", "r040203": "books in disorder, or documents not genuine",
    "r040204": "no accounts by the national rules", "r0402_misc": "books and documents",
    **{f"r0{block}0{n}": f"{what}: {told}" for block, what in (("501", "assessment"), ("502", "audit"), ("603", "inspection"))
       for n, told in ((1, f"below 10,000 yuan and 1% of the year's tax, {_INSPECTED}"),
                       (2, f"below 10,000 yuan, 1% of the year's tax or more, {_INSPECTED}"),
                       (3, f"10,000 yuan or more, below 1% of the year's tax, {_INSPECTED}"),
                       (4, f"10,000 yuan and 1% of the year's tax or more, {_INSPECTED}"),
                       (5, "no tax due, fine of up to 2,000 yuan paid"), (6, "no tax due, fine above 2,000 yuan paid"))},
    "r050108": "tax assessment refused", "r050208": "tax audit refused", "r050301": "investigation of avoidance refused",
    "r05_misc": "assessment, audit and avoidance", "r06_misc": "tax inspection",
    "overall_repair": "repair: a point for each month without a breach after six",
    "ext_bank": "more bank accounts than reported", "ext_saic": "change of ownership not reported",
    "ext_asset": "property sold while owing 50,000 yuan or more", "ext_customs": "fewer imports declared than VAT deducted",
    "prior_d_by_score": "D of last year by points", "prior_d_cause": "D of last year without its cause",
    "d_r0104": "false documents for tax relief", "d_r0301_false_special": "false special VAT invoices",
    "d_r0301_issued_for_others": "invoices issued for others", "d_r0301_counterfeit": "counterfeit invoices",
    "d_r0301_transfer": "invoices passed on, or illegal ones taken", "d_r0301_harm": "invoice offences through which others evaded tax",
    "d_r03_harm": "invoice offences through which others evaded tax", "d_r040103": "not to be found at its address",
    "d_r040104": "run by those responsible for a firm not to be found", "d_r040105": "run by those responsible for a firm graded D",
    "d_r050107": "tax found by assessment not paid in time", "d_r050207": "tax found by audit not paid in time",
    "d_r060101": "a tax crime", "d_r060201": "tax evaded, 100,000 yuan and 10% or more",
    "d_r060202": "arrears, refund or invoice fraud", "d_r060307": "tax found by inspection not paid in time",
    "d_r060401": "violence or threats against tax officers", "d_retained": "D of last year, kept a second year",
    "d_article_1": "arrears, refund or invoice fraud", "d_article_2": "offences handed to the police",
    "d_article_3": "tax evaded, 100,000 yuan and 10% or more", "d_article_4": "tax found not paid in time",
    "d_article_5": "violence or threats against tax officers", "d_article_7": "barred from export refunds",
    "d_article_8": "barred from export refunds", "d_article_10": "another serious breach",
    "d_article_12": "named for serious tax offences", "d_article_13": "another serious breach",
    "not_evaluated_criminal_case_open": "a tax crime under investigation",
    "not_evaluated_audit_finding_open": "a finding of auditors being handled", "not_evaluated_review_pending": "a review or suit pending",
    "not_evaluated_new": "managed for less than one year", "not_evaluated_no_income": "no business income in the year",
    "bar_three_years": "in business less than 3 years", "bar_three_years_event": "first return less than 3 years ago",
    "bar_prior_d": "graded D last year", "bar_zero_vat": "zero VAT, 3 months in a row or 6 in all",
    "bar_zero_vat_event": "zero VAT, 3 months in a row or 6 in all", "bar_books": "no proper accounts",
    "bar_third_year": "third year after a direct D", "m_new": "new enterprise", "m_no_income": "no income, 70 points or more",
    # grades
    "tier4": "no credit household", "none": "not reached",
})  # fmt: skip
"""By the row's id, which means one thing in all editions."""


class Row(Protocol):
    """A row, rule, grade, dimension or amount of an edition."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def label_zh(self) -> str:
        """Its words in the law."""


def row_label(row: Row) -> str:
    """Return what people call a row of an edition, in the language in use.

    Examples
    --------
    >>> from lishui_credit.language import set_language
    >>> from lishui_credit.grades import Grade
    >>> set_language("en"); row_label(Grade(id="tier1", label_zh="一级"))
    'tier1'
    >>> set_language("zh"); row_label(Grade(id="tier1", label_zh="一级"))
    '一级'
    >>> set_language(None)
    """
    given = getattr(row, "label_en", "") or ENGLISH.get(row.id) or row.id.replace("_", " ")
    return tr(given, row.label_zh)
