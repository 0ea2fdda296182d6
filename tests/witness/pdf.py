"""Makes signed PDFs, changed in ways that are allowed, hidden or plain: pdf.py OUT

One folder a case, as tests/it/variants.rs reads them: file.pdf, `ours` with the arguments of `docaxis verify`.
OUT/cases.tsv has each name, what is right (`valid`, `invalid`, `failed`, `undecided`) and words the report must
have; OUT/pyhanko the names of those that pyHanko finds valid.
"""

import logging
import multiprocessing
import pathlib
import sys
import warnings

from cms_parts import PEM
from pyhanko.pdf_utils import generic

from pdf_parts import *  # noqa: F403

CASES = {}
PLAIN = written(letter())
ONE = signed(PLAIN)
NAME, TEXT, NULL = generic.NameObject, generic.pdf_string, generic.NullObject
JAVASCRIPT = generic.DictionaryObject({NAME("/S"): NAME("/JavaScript"), NAME("/JS"): TEXT("app.alert(1)")})


def case(label, right, file, says="-"):
    CASES[label] = (right, file, says)


def again(label, right, file, change, says="-"):
    """A change after the signature, and the same before a second one."""
    after = change(file)
    case(label, right, after, says)
    case(f"{label}_signed_again", right, signed(after, "Second"), says)


def by(*changes):
    def change(file):
        for each in changes:
            file = changed(file, each)
        return file

    return change


def about_signatures():
    case("one", "valid", ONE)
    case("adbe", "valid", signed(PLAIN, pades=False))
    two = signed(ONE, "Second")
    case("two", "valid", two)
    case("three", "valid", signed(two, "Third"))
    case("new_field", "valid", signed(PLAIN, "Fourth"))
    for level in (1, 2, 3):
        certified = signed(PLAIN, certify=level)
        case(f"certified_{level}", "valid", certified)
        if level > 1:
            case(f"certified_{level}_and_two", "valid", signed(certified, "Second"))
    first, second = two.index(b"/Contents <"), two.rindex(b"/Contents <")
    for label, at in (("first", first), ("second", second)):
        # The last digit of the signature that is not of the blanks behind it.
        at += len(two[at:two.index(b">", at)].rstrip(b"0")) - 1
        case(f"flipped_{label}", "failed", two[:at] + (b"1" if two[at:at + 1] != b"1" else b"2") + two[at + 1:])
    at = ONE.index(b"Pay 100") + 4
    case("altered", "failed", ONE[:at] + b"9" + ONE[at + 1:])
    at = two.index(b"Pay 100") + 4
    case("altered_two", "failed", two[:at] + b"9" + two[at + 1:])
    case("unsigned", "undecided", PLAIN)


def about_changes():
    """Changes without anybody's permission."""
    menu = lambda writer: writer.add_object(generic.DictionaryObject({NAME("/Type"): NAME("/Outlines")}))
    array = generic.ArrayObject
    one, two = (generic.NumberObject(each) for each in (1, 2))
    new_page = revised_pages
    named = generic.DictionaryObject({NAME("/JavaScript"): generic.DictionaryObject({NAME("/Names"): array([TEXT("a"), JAVASCRIPT])})})
    changes = {
        "form_filled": (by(put(8, V=TEXT("Mallory"))), "-"),
        "annotation": (annotate, "page 1"),
        "annotation_removed": (by(put(3, Annots=lambda w: array(generic.IndirectObject(n, 0, w) for n in (6, 7, 8)))), "page 1"),
        "annotation_changed": (by(put(11, Contents=TEXT("other"))), "page 1"),
        "page_added": (new_page, "-"),
        "page_replaced": (replaced(3, page(b"9 0 R")), "page 1"),
        "page_turned": (by(put(3, Rotate=generic.NumberObject(180))), "page 1"),
        "page_cropped": (by(put(3, CropBox=array([one, one, two, two]))), "page 1"),
        "page_of_prepared": (by(put(2, Kids=lambda w: array([generic.IndirectObject(12, 0, w)]))), "-"),
        "pages_inherit": (by(put(2, Rotate=generic.NumberObject(90))), "page 1"),
        "contents_changed": (replaced(4, PAY_999), "page 1"),
        "contents_more": (by(put(3, Contents=lambda w: array(generic.IndirectObject(n, 0, w) for n in (4, 9)))), "page 1"),
        "font_changed": (by(put(10, BaseFont=NAME("/Courier"))), "page 1"),
        "xobject_changed": (replaced(14, letter()[15]), "page 1"),
        "outlines": (by(put(1, Outlines=menu)), "-"),
        "open_action": (by(put(1, OpenAction=JAVASCRIPT)), "-"),
        "additional_actions": (by(put(1, AA=generic.DictionaryObject({NAME("/WC"): JAVASCRIPT}))), "-"),
        "page_action": (by(put(3, AA=generic.DictionaryObject({NAME("/O"): JAVASCRIPT}))), "-"),
        "names": (by(put(1, Names=named)), "-"),
        "layers": (by(put(1, OCProperties=generic.DictionaryObject({NAME("/OCGs"): array()}))), "-"),
        "labels": (by(put(1, PageLabels=generic.DictionaryObject({NAME("/Nums"): array()}))), "-"),
        "view": (by(put(1, ViewerPreferences=generic.DictionaryObject({NAME("/HideToolbar"): generic.BooleanObject(True)}))), "-"),
        "embedded_file": (by(put(1, Names=generic.DictionaryObject({NAME("/EmbeddedFiles"): generic.DictionaryObject()}))), "-"),
        "associated_file": (by(put(1, AF=array([generic.DictionaryObject({NAME("/Type"): NAME("/Filespec")})]))), "-"),
        "structure": (by(put(1, StructTreeRoot=generic.DictionaryObject({NAME("/Type"): NAME("/StructTreeRoot")}))), "-"),
        "page_resources": (by(put(3, Resources=generic.DictionaryObject())), "page 1"),
        "page_group": (by(put(3, Group=generic.DictionaryObject({NAME("/S"): NAME("/Transparency")}))), "page 1"),
        "font_unicode": (by(put(10, Encoding=NAME("/WinAnsiEncoding"))), "page 1"),
        "hybrid_overrides": (override_in_stream, "page 1"),
        "form_script": (by(put(5, XFA=TEXT("<xdp/>"))), "-"),
        "field_renamed": (by(put(8, T=TEXT("Amount"))), "-"),
        "field_moved": (by(put(8, Rect=array(generic.NumberObject(n) for n in (0, 0, 500, 500)))), "-"),
        "signature_moved": (by(put(6, Rect=array(generic.NumberObject(n) for n in (0, 0, 500, 500)))), "-"),
        "signature_drawn": (by(put(6, AP=lambda w: generic.DictionaryObject({NAME("/N"): generic.IndirectObject(14, 0, w)}))), "-"),
        "freed": (lambda file: revised(file, {}, free=[4]), "-"),
        "freed_annotation": (lambda file: revised(file, {}, free=[11]), "-"),
    }
    for label, (change, says) in changes.items():
        again(label, "undecided", ONE, change, says)


def annotate(file):
    seen = b"<< /Type /Annot /Subtype /FreeText /Rect [0 0 595 842] /Contents (Pay 999) /DA (/F1 12 Tf) /F 4 >>"
    annots = b"/Annots [6 0 R 7 0 R 8 0 R 11 0 R 50 0 R]"
    return revised(file, {3: page(more=annots), 50: seen})


def revised_pages(file):
    pages = b"<< /Type /Pages /Kids [3 0 R 51 0 R] /Count 2 >>"
    return revised(file, {2: pages, 51: page(b"9 0 R", b"")})


def override_in_stream(file):
    """A table without entries, and a stream of references beside it that leads to other contents."""
    body = file + b"4 0 obj\n%b\nendobj\n" % PAY_999
    row = b"\x01" + len(file).to_bytes(4, "big") + b"\x00"
    at = len(body)
    entries = b"/Type /XRef /Size 90 /W [1 4 1] /Index [4 1] /Root 1 0 R"
    body += b"61 0 obj\n%b\nendobj\n" % stream(row, entries)
    return revised(body, {}, trailer=b"/XRefStm %d" % at)


def about_harmless():
    add = lambda writer: writer.add_object(generic.DictionaryObject({NAME("/Type"): NAME("/DSS"), NAME("/Certs"): generic.ArrayObject()}))
    again("dss", "valid", ONE, by(put(1, DSS=add)))
    again("dss_twice", "valid", ONE, by(put(1, DSS=add), put(1, DSS=add)))
    again("same_again", "valid", ONE, replaced(4, PAY_100))
    again("form_appearances", "valid", ONE, by(put(5, NeedAppearances=generic.BooleanObject(True))))
    named = generic.DictionaryObject({NAME("/ADBE"): generic.DictionaryObject({NAME("/BaseVersion"): NAME("/1.7"), NAME("/ExtensionLevel"): generic.NumberObject(5)})})
    again("extensions", "valid", ONE, by(put(1, Extensions=named, DSS=add)))
    again("version", "valid", ONE, by(put(1, Version=NAME("/2.0"))))
    again("title", "valid", ONE, lambda file: revised(file, {59: b"<< /Title (Another) >>"}, trailer=b"/Info 59 0 R"))
    again("nothing", "valid", ONE, lambda file: revised(file, {}))
    again("unused_object", "valid", ONE, lambda file: revised(file, {55: b"(nothing leads here)"}))
    again("metadata", "valid", ONE, replaced(13, metadata(b" ")))
    again("dss_and_contents", "undecided", ONE, lambda file: revised(by(put(1, DSS=add))(file), {4: PAY_999}), "page 1")


def about_permissions():
    fill, note = by(put(8, V=TEXT("Nam"))), annotate
    for level, may_fill, may_note in ((1, False, False), (2, True, False), (3, True, True)):
        file = signed(PLAIN, certify=level)
        # A document that may not be changed at all takes no second signature either.
        repeat = again if level > 1 else case_after
        repeat(f"certified_{level}_filled", "valid" if may_fill else "undecided", file, fill)
        repeat(f"certified_{level}_annotated", "valid" if may_note else "undecided", file, note)
        repeat(f"certified_{level}_contents", "undecided", file, replaced(4, PAY_999), "page 1")
        repeat(f"certified_{level}_page", "undecided", file, revised_pages)
        repeat(f"certified_{level}_script", "undecided", file, by(put(1, OpenAction=JAVASCRIPT)))
    case("certified_1_signed_again", "undecided", by_hand(signed(PLAIN, certify=1), field=7))
    locks = {
        "include": (b"/Action /Include /Fields [(Name)]", False), "exclude": (b"/Action /Exclude /Fields [(Name)]", True),
        "include_other": (b"/Action /Include /Fields [(Other)]", True), "all": (b"/Action /All", False),
    }
    for label, (lock, may_fill) in locks.items():
        lock = b"/Lock << /Type /SigFieldLock %b >>" % lock
        file = signed(written(letter(lock)))
        case(f"lock_{label}", "valid", file)
        case_after(f"lock_{label}_filled", "valid" if may_fill else "undecided", file, fill)
        case_after(f"lock_{label}_contents", "undecided", file, replaced(4, PAY_999), "page 1")
        # A field for a signature is a field, too, and one that is new is none of those left free.
        free = {"include": "valid", "include_other": "valid"}.get(label, "undecided")
        case(f"lock_{label}_two", free, signed(file, "Second"))
        case(f"lock_{label}_new_field", free, signed(file, "Third"))
    moved = by(put(8, Rect=generic.ArrayObject(generic.NumberObject(n) for n in (0, 0, 500, 500))))
    for label, fields_of_it in (("moved", b"[(Name)]"), ("other_moved", b"[(Other)]")):
        lock = b"/Lock << /Type /SigFieldLock /Action /Include /Fields %b >>" % fields_of_it
        file = signed(written(letter(lock)), certify=3)
        case_after(f"lock_and_certified_3_{label}", "undecided" if label == "moved" else "valid", file, moved)


def case_after(label, right, file, change, says="-"):
    case(label, right, change(file), says)


def about_shadows():
    """Shadow attacks: what is shown later was prepared before the signature, or comes by a table alone."""
    copy = PLAIN.index(b"9 0 obj")
    again("shadow_replace_by_table", "undecided", ONE, lambda file: revised(file, {}, {4: copy}))
    again("shadow_pages_by_table", "undecided", ONE, lambda file: revised(file, {}, {3: PLAIN.index(b"12 0 obj")}))
    hidden = b"4 0 obj\n%b\nendobj\n" % PAY_999
    prepared = PLAIN[:PLAIN.index(b"xref\n")]
    prepared = written_after(prepared + hidden)
    file = signed(prepared)
    again("shadow_hide_and_replace", "undecided", file, lambda found: revised(found, {}, {4: prepared.index(hidden)}), "page 1")
    again("shadow_hide", "undecided", ONE, lambda found: revised(found, {11: b"null"}), "-")
    again("shadow_hide_xobject", "undecided", ONE, lambda found: revised(found, {14: b"null"}), "page 1")
    again("shadow_replace_font", "undecided", ONE, lambda found: revised(found, {10: letter()[10].replace(b"Helvetica", b"Courier")}), "page 1")
    root = b"/Root 56 0 R"
    other = {56: letter()[1].replace(b"2 0 R", b"57 0 R"), 57: b"<< /Type /Pages /Kids [58 0 R] /Count 1 >>", 58: page(b"9 0 R")}
    swapped = revised(ONE, other).replace(b"/Size 90 /Root 1 0 R", b"/Size 90 " + root)
    case("shadow_root", "undecided", swapped)
    alone = revised(ONE, {**letter(text=PAY_999), 6: field_of(ONE)}, previous=False)
    case("table_of_its_own", "invalid", alone)
    skips = ONE + revised(ONE, {4: PAY_999}, {6: ONE.rindex(b"\n6 0 obj") + 1})[len(ONE):].replace(
        b"/Prev %d" % start_of(ONE), b"/Prev %d" % start_of(PLAIN))
    case("previous_skips_the_signed", "invalid", skips)
    case("junk_after", "undecided", ONE + b"4 0 obj\n%b\nendobj\n" % PAY_999)
    case("comment_after", "undecided", ONE + b"% a comment\n")
    case("table_begun_again", "undecided", ONE + b"startxref\n%d\n%%%%EOF\n" % start_of(PLAIN))
    case("cut_short", "invalid", ONE[:-200])


def field_of(file):
    """The signed field, as pyHanko wrote it."""
    at = file.rindex(b"\n6 0 obj")
    return file[at + 9:file.index(b"endobj", at)].strip()


def written_after(body):
    """A file of what is written already, with a table of the first place of each object."""
    places = {number: body.index(b"\n%d 0 obj" % number) + 1 for number in letter()}
    return revised(body, {}, places, previous=None)


def about_ranges():
    case("by_hand", "valid", by_hand(PLAIN))
    shapes = {
        "gap_early": lambda start, end, size: (0, start - 1, end, size - end),
        "gap_late": lambda start, end, size: (0, start, end + 1, size - end - 1),
        "gap_of_all": lambda start, end, size: (0, 100, end, size - end),
        "gap_inside": lambda start, end, size: (0, start + 1, end - 1, size - end + 1),
        "start_late": lambda start, end, size: (1, start - 1, end, size - end),
        "end_early": lambda start, end, size: (0, start, end, size - end - 4),
        "second_alone": lambda start, end, size: (0, 0, end, size - end),
        "first_alone": lambda start, end, size: (0, start, end, 0),
        "negative": lambda start, end, size: (0, start, -end, size - end),
        "three": lambda start, end, size: (0, start, end),
        "two": lambda start, end, size: (0, start),
        "beyond": lambda start, end, size: (0, start, end, size),
        "overlap": lambda start, end, size: (0, start, 10, size - 10),
    }
    for label, shape in shapes.items():
        case(f"range_{label}", "invalid", by_hand(PLAIN, shape=shape))
    pairs = lambda start, end, size: (0, 50, 50, start - 50, end, size - end)
    case("range_in_three", "invalid", by_hand(PLAIN, shape=pairs))


def about_values():
    """Fields whose value is no usable signature, beside a good one."""
    fields_7 = letter()[7]
    values = {
        "text": b"(text)", "number": b"7", "array": b"[1 2]", "empty": b"<< >>", "type_alone": b"<< /Type /Sig >>",
        "no_contents": b"<< /Type /Sig /SubFilter /ETSI.CAdES.detached /ByteRange [0 1 2 3] >>",
        "no_range": b"<< /Type /Sig /SubFilter /ETSI.CAdES.detached /Contents <00> >>",
        "empty_contents": b"<< /Type /Sig /SubFilter /ETSI.CAdES.detached /Contents <> /ByteRange [0 1 2 3] >>",
        "missing": None,
    }
    for label, value in values.items():
        objects = letter()
        objects[7] = fields_7.replace(b"/Rect", b"/V 41 0 R /Rect")
        if value is not None:
            objects[41] = value
        right = "failed" if value is not None else "invalid"
        case(f"value_{label}", right, by_hand(written(objects)), "Second" if value is not None else "-")


def about_forms():
    case("contents_white_space", "valid", by_hand(PLAIN, fill=lambda found, size: found.ljust(size - 4, b"0") + b"\r\n\t "))
    lines = lambda found, size: b"\n".join(found[at:at + 64] for at in range(0, len(found), 64)).ljust(size)
    case("contents_lines", "valid", by_hand(PLAIN, fill=lines))
    case("contents_upper_case", "valid", by_hand(PLAIN, fill=lambda found, size: found.upper().ljust(size, b"0")))
    case("contents_odd", "valid", by_hand(PLAIN, room=6001))
    case("contents_junk", "invalid", by_hand(PLAIN, fill=lambda found, size: found.ljust(size - 1, b"0") + b"1"))
    case("contents_no_digits", "invalid", by_hand(PLAIN, fill=lambda found, size: found.ljust(size - 1, b"0") + b"x"))
    for offset in (1, 100, 1000):
        case(f"header_at_{offset}", "valid", by_hand(written(letter(), b"-" * (offset - 1) + b"\n")))
    case("value_direct", "valid", by_hand(PLAIN, direct=True))
    case("value_without_type", "valid", by_hand(PLAIN, more=lambda found: found.replace(b"/Type /Sig ", b"")))
    case("contents_twice", "invalid", by_hand(PLAIN, value=b"/Contents <00>"))
    case("contents_twice_other_order", "invalid", by_hand(PLAIN, more=lambda found: found.replace(b"> >>", b"> /Contents <00> >>")))
    case("range_twice", "invalid", by_hand(PLAIN, value=b"/ByteRange [0 10 20 30]"))
    kind = lambda name_: lambda found: found.replace(b"ETSI.CAdES.detached", name_)
    for label, name_ in (("sha1", b"adbe.pkcs7.sha1"), ("x509", b"adbe.x509.rsa_sha1"), ("unknown", b"some.other.kind")):
        case(f"subfilter_{label}", "undecided", by_hand(PLAIN, more=kind(name_)))
    case("subfilter_missing", "invalid", by_hand(PLAIN, more=lambda found: found.replace(b"/SubFilter /ETSI.CAdES.detached", b"")))
    nested = letter()
    nested[5] = nested[5].replace(b"6 0 R", b"41 0 R")
    nested[41] = b"<< /FT /Sig /T (Group) /Kids [6 0 R] >>"
    nested[6] = nested[6].replace(b"/FT /Sig", b"/Parent 41 0 R")
    case("field_in_field", "valid", by_hand(written(nested), {6: nested[6]}))
    case("header_at_2000", "invalid", by_hand(written(letter(), b"-" * 1999 + b"\n")))
    spoken = letter(text=stream(b"BT (/Encrypt 5 0 R) Tj ET % /Encrypt"), more=b"/Lang (/Encrypt)")
    case("encrypt_in_text", "valid", signed(written(spoken)))
    case("encrypt_in_comment", "valid", by_hand(PLAIN + b"% /Encrypt 5 0 R\n"))
    locked = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O (o) /U (u) /P -4 >> /ID [<00> <00>]"
    case("encrypted", "undecided", by_hand(written(letter(), trailer=locked)), "encrypted")
    packed = streams(PLAIN)
    one = signed(packed)
    case("streams", "valid", one)
    case("streams_two", "valid", signed(one, "Second"))
    case("streams_filled", "undecided", changed(one, rename_name))
    case("streams_contents", "undecided", changed(one, rewrite_contents), "page 1")
    case("streams_script", "undecided", changed(one, lambda writer: (writer.root.__setitem__("/OpenAction", JAVASCRIPT), writer.update_root())))
    case("hybrid", "valid", by_hand(hybrid()))
    case("objects_in_lzw", "undecided", by_hand(packed_as_nobody_reads()), "compressed in a way not read here")


def rename_name(writer):
    field = writer.root["/AcroForm"]["/Fields"][2]
    field[NAME("/V")] = TEXT("Mallory")
    writer.update_container(field)


def rewrite_contents(writer):
    kid = writer.root["/Pages"]["/Kids"][0]
    new = generic.StreamObject(stream_data=b"BT /F1 12 Tf 50 700 Td (Pay 999) Tj ET")
    kid[NAME("/Contents")] = writer.add_object(new)
    writer.update_container(kid)


def hybrid():
    """A table, and beside it a stream of references that has one object more."""
    return with_stream(letter(), b"(only in the stream)", lambda at: b"\x01" + at.to_bytes(4, "big") + b"\x00", 20)


def packed_as_nobody_reads():
    """The text field is in a stream of objects whose filter docaxis does not read."""
    packed = b"<< /Type /ObjStm /N 1 /First 4 /Filter /LZWDecode /Length 6 >>\nstream\n8 0 << >>"[:-2] + b"\nendstream"
    objects = letter()
    del objects[8]
    return with_stream(objects, packed, lambda _: b"\x02" + (20).to_bytes(4, "big") + b"\x00", 8)


def with_stream(objects, body_of_20, row, number_of_row):
    body = written(objects)[:start_of(written(objects))]
    extra = len(body)
    body += b"20 0 obj\n%b\nendobj\n" % body_of_20
    at = len(body)
    entries = b"/Type /XRef /Size 60 /W [1 4 1] /Index [%d 1] /Root 1 0 R" % number_of_row
    body += b"21 0 obj\n%b\nendobj\n" % stream(row(extra), entries)
    places = {number: body.index(b"\n%d 0 obj" % number) + 1 for number in objects}
    places[20] = extra
    if number_of_row == 20:
        del places[20]
    return revised(body, {}, places, b"/XRefStm %d" % at, previous=None)


def main(out):
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    for about in (
        about_signatures, about_changes, about_harmless, about_permissions, about_shadows, about_ranges,
        about_values, about_forms,
    ):
        about()
    with multiprocessing.Pool(2) as pool:
        good = pool.map(by_pyhanko, [file for _, file, _ in CASES.values()])
    valid = [label for label, is_good in zip(CASES, good) if is_good]
    rows = []
    for label, (right, file, says) in CASES.items():
        folder = out / label
        folder.mkdir()
        (folder / "file.pdf").write_bytes(file)
        (folder / "ours").write_text("file.pdf\n--ca\n../root.pem\n--crl\n../list.pem")
        rows.append(f"{label}\t{right}\t{says}\n")
    (out / "root.pem").write_bytes(root_pem())
    (out / "list.pem").write_bytes(LIST.public_bytes(PEM))
    (out / "cases.tsv").write_text("".join(rows))
    (out / "pyhanko").write_text("\n".join(valid))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
