"""The quality pages: a summary of our own, and Great Expectations' Data Docs behind it, readable without a network.

    <page>/index.html            every check of one file or one publish at a glance, failures first
    <page>/<table>.html          Great Expectations' page of that table

Written whole, in place of older pages of the same file; of each folder the oldest pages are removed.
Left out on purpose: scripts, fonts and styles from other hosts (pages must work offline and tell nobody that they are
read); traces of exceptions and example values (either may quote a record); random ids and clock times.
"""

from __future__ import annotations

import html
import re
import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from throughline.expecting import context

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult

    from throughline.quality import Check

KEPT: Final = 200  # checked files a source: nobody reads further back, and reports of all runs stay in the warehouse
_FOREIGN = re.compile(r"<(script|footer)\b.*?</\1>|<(?:link|img)\b[^>]*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_DEAD_LINK = re.compile(r"<a\b[^>]*>(.*?)</a>", re.DOTALL)
_RANDOM_ID = re.compile(r"-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BLANKS = re.compile(r"\s*\n\s*")
_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24 }
table { border-collapse: collapse; width: 100%; margin-bottom: 1.5rem }
td, th { border-top: 1px solid #d5dae0; padding: .35rem .5rem; text-align: left; vertical-align: top }
td.count { text-align: right; font-variant-numeric: tabular-nums }
.failed, .text-danger { color: #b42318 } .warned { color: #8a5a00 } .held, .text-success { color: #1a7f37 }
.fa-check-circle::before { content: "holds" } .fa-times::before { content: "fails" }
.fa-exclamation-triangle::before { content: "could not be evaluated" }
.badge { background: #eef1f4; border-radius: 3px; padding: 0 .3rem } .why { color: #57606a }
"""


def write(
    place: str,
    checks: Sequence[Check],
    results: Mapping[str, ExpectationSuiteValidationResult],
    page: Path,
    seen_at: datetime | None,
) -> Path:
    """Write the pages of one report into folder `page`. Returns their index."""
    draft = page.parent / f".{page.name}.writing"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        with tempfile.TemporaryDirectory(prefix="docs-") as site:  # the library would replace a $ in our own path
            _build(place, results, Path(site))
            for table in results:
                built = next((Path(site) / "validations" / table).rglob("*.html"))
                (draft / f"{table}.html").write_text(_own(f"{place}: {table}", built.read_text("utf-8")), "utf-8")
        (draft / "index.html").write_text(_index(place, checks, results.keys(), seen_at), "utf-8")
        shutil.rmtree(page, ignore_errors=True)
        draft.replace(page)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    _forget_oldest(page.parent)
    return page / "index.html"


def _build(
    place: str,
    results: Mapping[str, ExpectationSuiteValidationResult],
    folder: Path,
) -> None:
    """Great Expectations' own site, in a context that lives in memory."""
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )

    library = context()
    run = RunIdentifier(run_name=place.replace("/", "-"), run_time=datetime(2000, 1, 1, tzinfo=UTC))  # not shown
    for table, result in results.items():
        suite = ExpectationSuiteIdentifier(name=table)
        key = ValidationResultIdentifier(expectation_suite_identifier=suite, run_id=run, batch_identifier=table)
        library.validation_results_store.set(key, _bare(result))
    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        # the text "None" is how the library spells a section that is left out
        "site_section_builders": {"profiling": "None", "expectations": "None"},
    }
    library.add_data_docs_site(place, site)
    library.build_data_docs([place], build_index=False)


def _bare(result: ExpectationSuiteValidationResult) -> ExpectationSuiteValidationResult:
    """The result without traces, paths and clock times."""
    result.meta = {"great_expectations_version": result.meta.get("great_expectations_version", "")}
    for part in result.results:
        if not part.result:
            part.exception_info = {
                "raised_exception": True,
                "exception_message": "could not be evaluated",
                "exception_traceback": "",
            }
    return result


def _own(title: str, page: str) -> str:
    """The content of a Data Docs page in our frame: nothing that a browser would fetch, no link that leads nowhere."""
    _, start, rest = page.partition('<div id="section-1"')
    content = _FOREIGN.sub("", start + rest.partition("</body>")[0])
    content = _BLANKS.sub("\n", _RANDOM_ID.sub("", _DEAD_LINK.sub(r"\1", content))).strip()
    for _ in range(content.count("</div>") - content.count("<div")):  # frames that were opened before the content
        content = content.removesuffix("</div>").rstrip()
    return _frame(title, '<p><a href="index.html">all tables</a></p>' + content)


def _index(place: str, checks: Sequence[Check], pages: Collection[str], seen_at: datetime | None) -> str:
    def state(check: Check) -> tuple[int, str, str]:
        if check.success:
            return 2, "held", "holds"
        failed = check.severity == "critical" or not check.evaluated
        return (0, "failed", "fails") if failed else (1, "warned", "warning")

    def count(number: int | None) -> str:
        return "" if number is None else f"{number:,}"

    rows = []
    for check in sorted(checks, key=lambda c: state(c)[0]):
        _, style, word = state(check)
        table = html.escape(check.table)
        linked = f'<a href="{table}.html">{table}</a>' if check.table in pages else table
        what = f'{html.escape(check.description)}<br><span class="why">{html.escape(check.reason)}</span>'
        rows.append(
            f'<tr><td class="{style}">{word}</td><td>{linked}</td><td>{html.escape(check.column)}</td><td>{what}</td>'
            f'<td class="count">{count(check.unexpected_count)}</td></tr>'
        )
    failed = sum(state(check)[0] == 0 for check in checks)
    summary = f"{len(checks)} checks, {failed} failed." if failed else f"{len(checks)} checks, none failed."
    head = "<tr><th></th><th>table</th><th>column</th><th>what holds, and why it must</th><th>found</th></tr>"
    seen = f"First seen {seen_at:%Y-%m-%d %H:%M} UTC. " if seen_at else ""
    return _frame(place, f"<p>{seen}{summary}</p><table>{head}" + "\n".join(rows) + "</table>")


def _frame(title: str, body: str) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>\n'
        f"<body><h1>{html.escape(title)}</h1>{body}</body></html>\n"
    )


def _forget_oldest(folder: Path) -> None:
    pages = [page for page in folder.iterdir() if page.is_dir() and not page.name.startswith(".")]
    for page in sorted(pages, key=lambda p: (p.stat().st_mtime_ns, p.name))[:-KEPT]:
        shutil.rmtree(page, ignore_errors=True)
