"""Excel packages made by hand, so that a test decides every byte of them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def parts(
    sheet: str, *, strings: str = "", styles: str = "", book: str = "", head: str = "", sheets: str = ""
) -> dict[str, str]:
    """The parts of a workbook with one sheet, given what stands inside ``sheetData`` and the like."""
    return {
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" '
        f'Type="{RELS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELS}">{book}<sheets>'
        f'{sheets}<sheet name="表" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">'
        f'<Relationship Id="rId1" Type="{RELS}/worksheet" Target="/xl/worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{RELS}/sharedStrings" Target="sharedStrings.xml"/>'
        f'<Relationship Id="rId3" Type="{RELS}/styles" Target="styles.xml"/></Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{styles}</styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}">{head}'
        f"<sheetData>{sheet}</sheetData></worksheet>",
    }


def package(contents: Mapping[str, str]) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in contents.items():
            archive.writestr(name, text)
    file.seek(0)
    return file


def words(*texts: str) -> str:
    """Inline cells of one row without addresses."""
    return "".join(f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>' for text in texts)


def big_workbook(path: Path, rows: int) -> None:
    """A workbook with two long texts of its own per row in the shared table, and a height on each row."""
    contents = parts("", styles='<cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs>')
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in ("_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"):
            archive.writestr(name, contents[name])
        with archive.open("xl/sharedStrings.xml", "w") as part:
            part.write(
                f'<sst xmlns="{MAIN}">'.encode()
                + "".join(f"<si><t>{t}</t></si>" for t in ("留言编号", "留言时间", "留言详情")).encode()
            )
            for row in range(rows):
                part.write(f"<si><t>{row}{chr(0x4E00 + row % 20000) * 300}</t></si>".encode())
            part.write(b"</sst>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            part.write(f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">'.encode())
            part.write(
                b'<c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>'
            )
            for row in range(rows):
                part.write(
                    f'<row r="{row + 2}" ht="15" customHeight="1"><c r="A{row + 2}"><v>{row}</v></c>'
                    f'<c r="B{row + 2}" s="1"><v>{43579 + row / 1000}</v></c>'
                    f'<c r="C{row + 2}" t="s"><v>{row + 3}</v></c></row>'.encode()
                )
            part.write(b"</sheetData></worksheet>")
