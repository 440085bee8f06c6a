"""Waiting for something to change."""

import asyncio
import threading

from inspection.flow.changes import Changes


def bound() -> Changes:
    changes = Changes()
    changes.bind(asyncio.get_running_loop())
    return changes


def test_a_commit_in_another_thread_wakes_everybody_who_waits() -> None:
    async def wait() -> list[int]:
        changes = bound()
        waiters = [asyncio.create_task(changes.after(0, 10)) for _ in range(3)]
        await asyncio.sleep(0)
        threading.Thread(target=changes.committed).start()
        return await asyncio.gather(*waiters)

    assert asyncio.run(wait()) == [1, 1, 1]


def test_a_change_that_came_before_the_question_is_answered_at_once() -> None:
    async def wait() -> int:
        changes = bound()
        changes.committed()
        await asyncio.sleep(0)
        return await changes.after(0, 10)

    assert asyncio.run(wait()) == 1


def test_nothing_is_an_answer_after_the_timeout() -> None:
    async def wait() -> int:
        return await bound().after(0, 0.01)

    assert asyncio.run(wait()) == 0


def test_at_the_end_nobody_is_left_waiting() -> None:
    async def wait() -> bool:
        changes = bound()
        waiter = asyncio.create_task(changes.after(0, 10))
        await asyncio.sleep(0)
        changes.stop()
        await waiter
        await changes.after(99, 10)
        return changes.stopping

    assert asyncio.run(wait())


def test_a_commit_after_the_end_of_the_loop_harms_nobody() -> None:
    changes = Changes()
    changes.committed()

    async def bind() -> None:
        changes.bind(asyncio.get_running_loop())

    asyncio.run(bind())
    changes.committed()
    assert changes.count == 0
