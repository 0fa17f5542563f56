"""Positions in every encoding, against a model that encodes and counts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tangent.source.text import SourceText
from tangent_ls.analysis.documents import DocumentStore, Edit
from tangent_ls.analysis.line_index import Encoding, LineIndex

UNIT = {
    Encoding.UTF8: ("utf-8", 1),
    Encoding.UTF16: ("utf-16-le", 2),
    Encoding.UTF32: ("utf-32-le", 4),
}

texts = st.text(st.sampled_from("ab \t\n\r\f\x85\u2028é€🎊🎉"), max_size=40)
encodings = st.sampled_from(list(Encoding))


def width(text, encoding):
    name, size = UNIT[encoding]
    return len(text.encode(name)) // size


def lines_of(text):
    return re.split(r"\r\n|\n|\r", text)


@given(texts, encodings, st.data())
def test_columns_and_characters_are_inverse(text, encoding, data):
    index = LineIndex(SourceText(text), encoding)
    lines = lines_of(text)
    line = data.draw(st.integers(0, len(lines) - 1))
    column = data.draw(st.integers(0, len(lines[line])))
    character = index.character(line, column)
    assert character == width(lines[line][:column], encoding)
    assert index.column(line, character) == column


@given(texts, encodings, st.data())
def test_offset_counts_the_line_ends_of_the_protocol(text, encoding, data):
    lines = lines_of(text)
    line = data.draw(st.integers(0, len(lines) - 1))
    column = data.draw(st.integers(0, len(lines[line])))
    offset = LineIndex(SourceText(text), encoding).offset(
        line, width(lines[line][:column], encoding)
    )
    assert lines_of(text[:offset])[-1] == lines[line][:column]
    assert len(lines_of(text[:offset])) == line + 1


def test_past_the_end_is_the_end():
    index = LineIndex(SourceText("ab\ncd"), Encoding.UTF16)
    assert index.column(0, 99) == 2
    assert index.offset(7, 0) == 5
    assert index.offset(0, 99) == 2


def test_inside_a_surrogate_pair_is_its_character():
    assert LineIndex(SourceText("a🎉b"), Encoding.UTF16).column(0, 2) == 1


@given(texts, texts, encodings, st.data())
def test_an_edit_replaces_what_lies_between_its_ends(text, insert, encoding, data):
    lines = lines_of(text)

    def place():
        line = data.draw(st.integers(0, len(lines) - 1))
        column = data.draw(st.integers(0, len(lines[line])))
        offset = sum(len(e) for e in re.findall(r"[^\r\n]*(?:\r\n|\n|\r)", text)[:line]) + column
        return offset, (line, width(lines[line][:column], encoding))

    (start, from_), (end, to) = sorted([place(), place()])
    store = DocumentStore(encoding)
    store.open("file:///m.py", text, 1)
    after = store.change("file:///m.py", [Edit(insert, from_, to)], 2)
    assert after.text == text[:start] + insert + text[end:]
    assert after.version == 2


def test_edits_apply_one_after_another():
    store = DocumentStore()
    store.open("file:///m.py", "x🎉 = 1\r\ny = 2\r\n", 1)
    edits = [Edit("z", (0, 0), (0, 3)), Edit("\f", (1, 0), (1, 0)), Edit("w", (1, 1), (1, 2))]
    assert store.change("file:///m.py", edits, 2).text == "z = 1\r\n\fw = 2\r\n"


def test_a_change_of_the_whole_text():
    store = DocumentStore()
    store.open("file:///m.py", "x = 1", 1)
    assert store.change("file:///m.py", [Edit("y = 2")], 2).text == "y = 2"
    assert store.change("file:///other.py", [Edit("y = 2")], 2) is None


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("é = 1\r\n".encode(), "é = 1\r\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        ("# coding: latin-1\né = 1\n".encode("latin-1"), "# coding: latin-1\né = 1\n"),
    ],
)
def test_files_are_read_as_python_reads_them(tmp_path, data, text):
    path = tmp_path / "m.py"
    path.write_bytes(data)
    assert DocumentStore().get(path.as_uri()).text == text


def test_an_unreadable_file_is_none(tmp_path):
    (tmp_path / "m.py").write_bytes(b"\xff\xfe\x00")
    store = DocumentStore()
    assert store.get((tmp_path / "m.py").as_uri()) is None
    assert store.get((tmp_path / "absent.py").as_uri()) is None


def test_unsaved_text_is_what_others_read(tmp_path):
    path = tmp_path / "m.py"
    path.write_text("old")
    store = DocumentStore()
    assert store.read(str(path)) == "old"
    store.open(path.as_uri(), "new", 1)
    assert store.read(str(path)) == "new"
    store.close(path.as_uri())
    assert store.read(str(path)) == "old"
