"""Standard columns of Salesforce objects that are left out on purpose: people, places, texts, settings, caches.

What is neither here nor read is new to us: mostly a column that the company added (Region__c).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_ADDRESS: Final = (
    *("Street", "City", "State", "PostalCode", "Country", "StateCode", "CountryCode"),
    *("Latitude", "Longitude", "GeocodeAccuracy", "Address"),
)


def _names(text: str, *addresses: str) -> tuple[str, ...]:
    """With the columns of the tools that copy tables, and those of the addresses."""
    return (*text.split(), "_fivetran_*", *(kind + part for kind in addresses for part in _ADDRESS))


LEFT_OUT: Final[Mapping[str, tuple[str, ...]]] = {
    "Account": _names(
        """
        MasterRecordId Name RecordTypeId Phone Fax AccountNumber Sic AnnualRevenue NumberOfEmployees Ownership
        TickerSymbol Description Rating Site CurrencyIsoCode CreatedById LastModifiedById LastActivityDate
        IsExcludedFromRealign Jigsaw JigsawCompanyId AccountSource SicDesc OperatingHoursId PhotoUrl LastViewedDate
        LastReferencedDate DunsNumber Tradestyle NaicsCode NaicsDesc YearStarted DandbCompanyId CleanStatus Tier
        """,
        "Billing",
        "Shipping",
    ),
    "Contact": _names(
        """
        MasterRecordId Salutation FirstName LastName MiddleName Suffix RecordTypeId Phone Fax MobilePhone HomePhone
        OtherPhone AssistantPhone ReportsToId Title Department AssistantName LeadSource Birthdate Description
        CurrencyIsoCode OwnerId HasOptedOutOfEmail HasOptedOutOfFax DoNotCall CreatedById LastModifiedById
        LastActivityDate LastCURequestDate LastCUUpdateDate EmailBouncedReason EmailBouncedDate Jigsaw JigsawContactId
        Pronouns GenderIdentity Name LastViewedDate LastReferencedDate IsEmailBounced PhotoUrl IndividualId
        CleanStatus
        """,
        "Mailing",
        "Other",
    ),
    "Opportunity": _names(
        """
        IsPrivate Name RecordTypeId Description StageSortOrder ExpectedRevenue TotalOpportunityQuantity NextStep
        CampaignId HasOpportunityLineItem Pricebook2Id Territory2Id IsExcludedFromTerritory2Filter CreatedById
        LastModifiedById LastActivityDate LastStageChangeDate FiscalYear FiscalQuarter ContactId
        PrimaryPartnerAccountId SyncedQuoteId ContractId LastAmountChangedHistoryId LastCloseDateChangedHistoryId
        Fiscal LastViewedDate LastReferencedDate HasOpenActivity HasOverdueTask IqScore PushCount
        LastStageChangeInDays
        """,
    ),
    "OpportunityHistory": _names(
        """
        CreatedDateForInsert ExpectedRevenue FromForecastCategory PrevForecastUpdate FromOpportunityStageName
        PrevOpportunityStageUpdate ValidThroughDate SystemModstamp IsDeleted PrevAmount PrevCloseDate
        """,
    ),
    "User": _names(
        """
        FirstName LastName MiddleName Suffix CompanyName Division Department Title SenderEmail SenderName Signature
        StayInTouchSubject StayInTouchSignature StayInTouchNote Phone Fax MobilePhone Alias CommunityNickname
        IsSystemControlled TimeZoneSidKey LocaleSidKey ReceivesInfoEmails ReceivesAdminInfoEmails EmailEncodingKey
        DefaultCurrencyIsoCode CurrencyIsoCode ProfileId UserSubtype StartDay EndDay LanguageLocaleKey EmployeeNumber
        DelegatedApproverId LastLoginDate LastPasswordChangeDate CreatedDate CreatedById LastModifiedById
        NumberOfFailedLogins SuAccessExpirationDate SuOrgAdminExpirationDate OfflineTrialExpirationDate
        WirelessTrialExpirationDate OfflinePdaTrialExpirationDate ForecastEnabled ContactId AccountId CallCenterId
        Extension FederationIdentifier AboutMe LoginLimit ProfilePhotoId DigestFrequency
        DefaultGroupNotificationFrequency WorkspaceId SharingType ChatterAdoptionStage
        ChatterAdoptionStageModifiedDate BannerPhotoId IsProfilePhotoActive GlobalIdentity UserPermissions*
        UserPreferences* FullPhotoUrl SmallPhotoUrl MediumPhotoUrl BannerPhotoUrl SmallBannerPhotoUrl
        MediumBannerPhotoUrl EmailPreferencesAutoBcc BadgeText IsExtIndicatorVisible OutOfOfficeMessage LastViewedDate
        LastReferencedDate Name IndividualId
        """,
        "",
    ),
    "OpportunityFieldHistory": _names(
        """
        OldValue DataType IsDeleted
        """,
    ),
}
