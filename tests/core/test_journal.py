"""The chain: whatever is altered, dropped, swapped or slipped in is found."""

from dataclasses import fields, replace

from hypothesis import assume, given
from hypothesis import strategies as st

from inspection.core.journal import GENESIS, Change, Entry, facts, first_broken, plain, seal

words = st.text(max_size=12)
changes = st.lists(
    st.builds(Change, subject=words, event=words, actor=words, after=words, reason=words), min_size=3, max_size=8
)


def chain(*changes: Change) -> list[Entry]:
    entries, before = [], GENESIS
    for seq, change in enumerate(changes, start=1):
        before = seal(before, seq, 1000 + seq, change)
        entries.append(Entry(seq=seq, at=1000 + seq, change=change, seal=before))
    return entries


@given(changes=changes)
def test_a_whole_chain_fits_in_one_piece_and_in_two(changes: list[Change]) -> None:
    entries = chain(*changes)
    assert first_broken(entries) is None
    assert first_broken(entries[2:], entries[1].seal, 2) is None


@given(changes=changes, data=st.data())
def test_any_altered_field_is_named(changes: list[Change], data: st.DataObject) -> None:
    entries = chain(*changes)
    i = data.draw(st.integers(0, len(entries) - 1))
    name = data.draw(st.sampled_from([f.name for f in fields(Change)]))
    new = data.draw(words)
    assume(new != getattr(entries[i].change, name))
    entries[i] = replace(entries[i], change=replace(entries[i].change, **{name: new}))
    found = first_broken(entries)
    assert found is not None
    assert f"Entry {i + 1} " in found


@given(changes=changes, data=st.data())
def test_a_dropped_or_swapped_entry_is_found(changes: list[Change], data: st.DataObject) -> None:
    entries = chain(*changes)
    i = data.draw(st.integers(0, len(entries) - 2))
    assert first_broken(entries[:i] + entries[i + 1 :]) is not None
    swapped = [*entries[:i], entries[i + 1], entries[i], *entries[i + 2 :]]
    assert first_broken(swapped) is not None


@given(changes=changes, data=st.data())
def test_an_entry_slipped_in_is_found_even_under_a_fitting_number(changes: list[Change], data: st.DataObject) -> None:
    entries = chain(*changes)
    i = data.draw(st.integers(0, len(entries) - 1))
    false = Change(subject="unit/1", event="unit_disposed", actor="nobody", after="pass")
    before = entries[i - 1].seal if i else GENESIS
    slipped = Entry(seq=i + 1, at=1, change=false, seal=seal(before, i + 1, 1, false))
    moved = [replace(entry, seq=entry.seq + 1) for entry in entries[i:]]
    assert f"Entry {i + 2} " in str(first_broken([*entries[:i], slipped, *moved]))


@given(words=st.text(st.characters()))
def test_plain_words_are_left_alone_and_all_others_can_be_kept(words: str) -> None:
    kept = plain(words)
    kept.encode()
    assert "\x00" not in kept
    assert plain(kept) == kept
    assert kept == words or "\x00" in words or any("\ud800" <= c <= "\udfff" for c in words)


def test_moving_words_between_fields_does_not_give_the_same_seal() -> None:
    assert seal(GENESIS, 1, 1, Change(subject="ab", event="c", actor="")) != seal(
        GENESIS, 1, 1, Change(subject="a", event="bc", actor="")
    )


def test_a_changed_time_is_found() -> None:
    entries = chain(Change(subject="s", event="e", actor="a"))
    assert first_broken([replace(entries[0], at=5)]) is not None


def test_equal_facts_are_equal_words() -> None:
    assert facts(b=1, a="ü") == facts(a="ü", b=1) == '{"a":"ü","b":1}'
