"""The pages, one file each."""

from review_ui.pages import (
    board,
    demo,
    files,
    light,
    line,
    live,
    model,
    new_line,
    people,
    policy,
    queue,
    replay,
    review,
    rollout,
    train,
    units,
)

PAGES = (
    people,
    board,
    queue,
    review,
    new_line,
    line,
    policy,
    train,
    model,
    light,
    replay,
    rollout,
    units,
    demo,
    files,
    live,
)
