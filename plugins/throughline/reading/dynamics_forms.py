"""The columns of Dynamics 365 that are read: labels of view exports, and logical names of Dataverse (lower case)."""

from __future__ import annotations

import re
from typing import Final

from throughline.reading.fields import Field, Form


def plain(header: str) -> str:
    """Labels without case and double spaces."""
    return " ".join(header.split()).casefold()


VIEW: Final = {
    "opportunity": Form(
        "deals",
        (
            Field("deal_id", ("(Do Not Modify) Opportunity", "opportunityid"), required=True),
            Field("owner", ("Owner",)),
            Field("owner_email", ("Primary Email (Owning User) (User)", "Internal Email (Owning User) (User)")),
            Field("stage", ("Sales Stage",)),
            Field("phase", ("Pipeline Phase",), unless="stage"),
            Field("reason", ("Status Reason",), unless="stage"),
            Field("status", ("Status",), required=True),
            Field("estimated", ("Est. Revenue", "Estimated Revenue", "Est. Value"), "money"),
            Field("actual", ("Actual Revenue", "Actual Value"), "money"),
            Field("currency", ("Currency",)),
            Field("probability", ("Probability", "Close Probability"), "percentage"),
            Field("estimated_close", ("Est. Close Date", "Estimated Close Date"), "date"),
            Field("actual_close", ("Actual Close Date",), "date"),
            Field("created_at", ("Created On",), "date-time"),
            Field("modified_at", ("(Do Not Modify) Modified On", "Modified On"), "date-time"),
            Field("deal_type", ("Opportunity Type", "Type")),
        ),
        alike=plain,
        local=True,
        left_out=(
            *("(Do Not Modify) Row Checksum", "Topic", "Potential Customer", "Account", "Contact", "Description"),
            *("Rating", "Forecast category", "Purchase Timeframe", "Budget Amount", "Current Situation"),
            *("Customer Need", "Proposed Solution", "Email Address", "Created By", "Modified By"),
        ),
    ),
    "account": Form(
        "accounts",
        (
            Field("account_id", ("(Do Not Modify) Account",), required=True),
            Field("domain", ("Website", "Web Site")),
            Field("industry", ("Industry",)),
            Field("created_at", ("Created On",), "date-time"),
            Field("modified_at", ("(Do Not Modify) Modified On", "Modified On"), "date-time"),
        ),
        alike=plain,
        local=True,
        left_out=(
            *("(Do Not Modify) Row Checksum", "Account Name", "Primary Contact", "Main Phone", "Owner", "Address 1*"),
            *("Status", "Status Reason", "Relationship Type", "Annual Revenue", "Number of Employees", "Description"),
        ),
    ),
    "user": Form(
        "owners",
        (
            Field("owner_id", ("(Do Not Modify) User",), required=True),
            Field("name", ("Full Name", "User")),
            Field("email", ("Primary Email", "Internal Email", "Email")),
            Field("disabled", ("Status",)),
        ),
        alike=plain,
        left_out=(
            *("(Do Not Modify) Row Checksum", "(Do Not Modify) Modified On", "Business Unit", "Main Phone", "Title"),
            *("Site", "Position", "Manager"),
        ),
    ),
}
# a publisher's prefix: new_region, cr1f4_score; the tables' own columns have none
_ADDED: Final = re.compile(r"(?!.*_(?:entitytype|base)$)[a-z][a-z0-9]{1,7}_\w+")
LINK: Final = {
    "opportunity": Form(
        "deals",
        (
            Field("deal_id", ("id", "opportunityid"), required=True),
            Field("parent_account", ("parentaccountid",)),
            Field("customer", ("customerid",)),
            Field("customer_type", ("customerid_entitytype", "customeridtype")),
            Field("owner_id", ("ownerid",)),
            Field("step", ("stepname",)),
            Field("stage", ("salesstage",), unless="step"),
            Field("status", ("statuscode",), unless="step"),
            Field("state", ("statecode",)),
            Field("estimated", ("estimatedvalue",), "amount"),
            Field("actual", ("actualvalue",), "amount"),
            Field("currency", ("transactioncurrencyid",)),
            Field("probability", ("closeprobability",), "percentage"),
            Field("estimated_close", ("estimatedclosedate",), "date"),
            Field("actual_close", ("actualclosedate",), "date"),
            Field("created_at", ("createdon",), "date-time"),
            Field("modified_at", ("sinkmodifiedon", "modifiedon"), "date-time", strict=True),
            Field("is_deleted", ("isdelete",), "flag"),
        ),
        added=_ADDED,
    ),
    "account": Form(
        "accounts",
        (
            Field("account_id", ("id", "accountid"), required=True),
            Field("domain", ("websiteurl",)),
            Field("industry", ("industrycode",)),
            Field("created_at", ("createdon",), "date-time"),
            Field("modified_at", ("sinkmodifiedon", "modifiedon"), "date-time", strict=True),
        ),
        added=_ADDED,
    ),
    "systemuser": Form(
        "owners",
        (
            Field("owner_id", ("id", "systemuserid"), required=True),
            Field("name", ("fullname",)),
            Field("email", ("internalemailaddress",)),
            Field("disabled", ("isdisabled",)),
        ),
        added=_ADDED,
    ),
}
CURRENCIES: Final = {  # a view shows the name of a currency
    "euro": "EUR",
    "us dollar": "USD",
    "u.s. dollar": "USD",
    "pound sterling": "GBP",
    "british pound": "GBP",
    "swiss franc": "CHF",
    "canadian dollar": "CAD",
    "australian dollar": "AUD",
    "japanese yen": "JPY",
    "danish krone": "DKK",
    "swedish krona": "SEK",
    "norwegian krone": "NOK",
    "polish zloty": "PLN",
    "indian rupee": "INR",
}
