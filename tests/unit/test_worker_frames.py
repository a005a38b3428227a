"""Frames survive whatever pieces a pipe makes of them, and nothing else is taken for a frame."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.adapters.worker_frames import MAX_FRAME, Decoder, FrameError, encode

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=8,
)
FRAMES = st.lists(st.lists(VALUES, min_size=1, max_size=4), max_size=5)


@given(FRAMES, st.integers(1, 40))
def test_frames_come_out_as_they_went_in_however_they_are_cut(frames: list[list[object]], size: int) -> None:
    stream = b"".join(encode(frame) for frame in frames)
    decoder = Decoder()
    taken = [frame for start in range(0, len(stream), size) for frame in decoder.feed(stream[start : start + size])]
    assert taken == frames


@given(st.binary(min_size=1, max_size=200))
def test_any_bytes_are_a_frame_or_an_error_of_ours(data: bytes) -> None:
    with contextlib.suppress(FrameError):
        for frame in Decoder().feed(len(data).to_bytes(4, "big") + data):
            assert frame


def test_a_length_over_the_limit_is_refused_before_its_body_comes() -> None:
    with pytest.raises(FrameError, match="over the limit"):
        list(Decoder().feed((MAX_FRAME + 1).to_bytes(4, "big")))


@pytest.mark.parametrize("value", [object(), "\udcff", 2**64, {1, 2}])
def test_what_cannot_be_packed_is_refused_by_its_sender(value: object) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError)):
        encode(["value", 1, value])
