"""Labels of HubSpot properties: English as exported, internal names, names of copying tools, then other languages.

An export speaks the language that was chosen for it. The labels of other languages are not taken from real files:
they cover the properties without which a deal cannot be read; the others stay NULL in such an export.
"""

from __future__ import annotations

import re
from typing import Final

LABELS: Final[dict[str, tuple[str, ...]]] = {
    "record_id": (
        *("Record ID", "Deal ID", "Company ID", "hs_object_id", "deal_id", "id"),
        *("Datensatz-ID", "ID de registro", "ID del registro", "ID de fiche d'informations", "ID d'enregistrement"),
        *("ID record", "ID del record", "レコードID", "Record-ID", "ID do registro", "Identyfikator rekordu"),
        *("ID rekordu", "Post-ID", "Tietueen tunnus", "Tietueen ID"),
    ),
    "stage": (
        *("Deal Stage", "dealstage", "deal_pipeline_stage_id"),
        *("Deal-Phase", "Etapa del negocio", "Phase de la transaction", "Étape de la transaction"),
        *("Fase della trattativa", "Fase trattativa", "Fase dell'affare", "取引ステージ", "Dealfase", "Deal-fase"),
        *("Etapa do negócio", "Fase do negócio", "Etap transakcji", "Etap deala", "Affärsfas", "Affärssteg"),
        *("Kaupan vaihe", "Diilin vaihe"),
    ),
    "pipeline": (
        *("Pipeline", "deal_pipeline_id", "Pipeline de ventas", "Pipeline de vendas", "パイプライン"),
        *("Pipeline della trattativa", "Lejek", "Myyntiputki", "Säljpipeline"),
    ),
    "owner": (
        *("Deal owner", "hubspot_owner_id", "owner_id"),
        *("Zuständiger Mitarbeiter für Deal", "Deal-Inhaber", "Propietario del negocio"),
        *("Propriétaire de la transaction", "Proprietario della trattativa", "Proprietario trattativa"),
        *("Proprietario dell'affare", "取引担当者", "取引の担当者", "Dealeigenaar", "Eigenaar van deal"),
        *("Proprietário do negócio", "Właściciel transakcji", "Właściciel deala", "Affärsägare"),
        *("Kaupan omistaja", "Diilin omistaja"),
    ),
    "amount": (
        *("Amount", "Betrag", "Importe", "Cantidad", "Valor", "Montant", "Importo", "金額", "Bedrag"),
        *("Quantia", "Kwota", "Belopp", "Summa", "Määrä"),
    ),
    "currency": (
        *("Currency", "deal_currency_code", "Währung", "Moneda", "Devise", "Valuta", "通貨", "Moeda", "Waluta"),
        "Valuutta",
    ),
    "close_date": (
        *("Close Date", "closedate", "Abschlussdatum", "Fecha de cierre", "Date de fermeture", "Date de clôture"),
        *("Data di chiusura", "クローズ日", "Sluitingsdatum", "Afsluitingsdatum", "Data de fechamento"),
        *("Data zamknięcia", "Stängningsdatum", "Avslutsdatum", "Sulkemispäivä", "Päättymispäivä"),
    ),
    "created": (
        *("Create Date", "createdate", "Erstellungsdatum", "Erstelldatum", "Fecha de creación", "Date de création"),
        *("Data di creazione", "作成日", "Aanmaakdatum", "Datum van aanmaak", "Data de criação", "Data utworzenia"),
        *("Skapandedatum", "Skapad den", "Luontipäivä", "Luontipäivämäärä"),
    ),
    "modified": (
        *("Last Modified Date", "hs_lastmodifieddate", "lastmodifieddate", "updated_at"),
        *("Datum der letzten Änderung", "Letztes Änderungsdatum", "Fecha de última modificación"),
        *("Date de dernière modification", "Data dell'ultima modifica", "最終更新日", "Datum laatst gewijzigd"),
        *("Data da última modificação", "Data ostatniej modyfikacji", "Senast ändrad", "Viimeksi muokattu"),
    ),
    "is_won": ("Is Closed Won", "hs_is_closed_won"),
    "is_lost": ("Is Closed Lost", "hs_is_closed_lost", "Is closed lost"),
    "is_closed": (
        *("Is closed (numeric)", "Is Deal Closed?", "Is Closed", "hs_is_closed", "hs_is_closed_count"),
        "Is Closed (numeric)",
    ),
    "probability": ("Deal probability", "hs_deal_stage_probability"),
    "type": ("Deal Type", "dealtype"),
    "company": (
        *("Associated Company IDs (Primary)", "Primary Associated Company ID", "hs_primary_associated_company"),
        *("Associated Company IDs", "associatedcompanyid"),
    ),
    "deleted": ("is_deleted",),
    "domain": ("Company Domain Name", "domain", "Website URL", "website"),
    "industry": (
        "Industry",
        "Branche",
        "Sector",
        "Secteur d'activité",
        "Settore",
        "業種",
        "Setor",
        "Branża",
        "Bransch",
    ),
    "owner_id": ("Owner ID", "owner_id", "hubspot_owner_id"),
    "email": ("Email", "Owner email", "User email", "E-mail", "E-Mail"),
    "first_name": ("First Name", "first_name", "firstname"),
    "last_name": ("Last Name", "last_name", "lastname", "Surname"),
    "full_name": ("Name", "Full name", "Owner", "Owner name", "User"),
    "active": ("Active", "Is active", "is_active"),
}

_ENTERED = re.compile(r"(?:date entered |hs_(?:v2_)?date_entered_)(?!current)(.+)", re.IGNORECASE)
_IN_PIPELINE = re.compile(r"(.+?)\s*\(([^()]+)\)")


def plain(label: str) -> str:
    """Record ID, "Record Id" and property_record_id's kin are one name: without case, quotes, double spaces."""
    text = " ".join(label.replace("\u2019", "'").replace("\u00a0", " ").split()).strip('"').casefold()
    return text.removeprefix("property_")


KNOWN: Final = frozenset(plain(label) for labels in LABELS.values() for label in labels)


def has(header: frozenset[str], *properties: str) -> bool:
    """Whether a header of plain names has each of these properties."""
    return all(any(plain(label) in header for label in LABELS[name]) for name in properties)


def stage_entered(label: str) -> tuple[str, str | None] | None:
    """Date entered "Closed Won (Sales Pipeline)" or hs_v2_date_entered_closedwon -> stage and pipeline, else None."""
    found = _ENTERED.fullmatch(" ".join(label.split()))
    if not found:
        return None
    stage = found[1].strip("\"'“”„‘’«» ")
    inside = _IN_PIPELINE.fullmatch(stage)
    return (inside[1], inside[2]) if inside else (stage, None)
