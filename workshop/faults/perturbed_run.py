"""What is done to a run of a scenario at a point: the process is killed, held behind, or something passes it by.

Beside these are the two runs without a perturbation that say what the end should be.
"""

import concurrent.futures
import itertools
from collections.abc import Callable
from typing import assert_never

from workshop.faults.injector import FaultInjector
from workshop.faults.points import START, Behind, Killed, Lag, Point, Record, Recorded, Swallowed
from workshop.faults.recorder import Recorder
from workshop.faults.scenario import Scenario
from workshop.faults.scenario_run import ProcessEndedError, ScenarioRun
from workshop.faults.view import WatchEvent


class NotConvergedError(Exception):
    """The run didn't come to the end that it should, or not to rest; the message says what was seen instead."""


def unharmed(scenario: Scenario, proxy: FaultInjector) -> tuple[Record, object]:
    """Return what there was to see in an unharmed run, and its end."""
    recorder = Recorder()
    with ScenarioRun(scenario, proxy) as run:
        run.play_before()
        run.view.record()
        run.start()
        run.come_to_rest(scenario.settled)
        recorder.begin(run.view.take_shown())
        for step in range(len(scenario.steps)):
            recorder.step(step, _take_recorded(run, step), run.view.take_shown())
        record = recorder.record(map(str, run.writes()), lists_may_be_stale=run.view.lists_may_be_stale)
        return record, scenario.end()


def _take_recorded(run: ScenarioRun, step: int) -> int:
    """Take a step, and return up to which resourceVersion all is the user's doing, 0 if that can't be said."""
    run.view.hold()
    by_user_up_to = 0
    if run.take_ahead(step, step + 1) > step:
        with run.marker() as (_, by_user_up_to):
            pass
    run.view.release()
    if not by_user_up_to:
        run.take(step)
    run.come_to_rest(run.scenario.settled)
    return by_user_up_to


def away(scenario: Scenario, proxy: FaultInjector, first: int, last: int) -> object:
    """Return the end of a run in which the process isn't there during these steps."""
    with ScenarioRun(scenario, proxy) as run:
        run.play_until(first)
        if first != START:
            run.come_to_rest(scenario.settled)
        run.stop()
        done = run.take_ahead(max(first, 0), last + 1)
        run.start()
        run.play(done)
        run.come_to_rest(scenario.settled)
        return scenario.end()


def perturbed(scenario: Scenario, proxy: FaultInjector, point: Point, end: object) -> None:
    """Make a run with a perturbation at `point`, which should come to this `end`.

    Raises:
        NotConvergedError: it doesn't, or not to rest there.
    """

    def has_ended_so() -> None:
        seen = scenario.end()
        assert seen == end, f"the end is\n{seen}\nand should be\n{end}"

    try:
        with ScenarioRun(scenario, proxy) as run:
            _perturb(run, point)
            run.come_to_rest(has_ended_so)
    except (AssertionError, ProcessEndedError) as error:
        raise NotConvergedError(str(error)) from error


def _perturb(run: ScenarioRun, point: Point) -> None:
    match point:
        case Killed():
            _kill_at(run, point)
        case Behind(lag=Lag.LIST):
            _show_an_old_list(run, point)
        case Behind():
            _fall_behind(run, point)
        case Swallowed():
            _swallow(run, point)
        case _:
            assert_never(point)


def _kill_at(run: ScenarioRun, point: Killed) -> None:
    killed = run.kill_at(point.nth, point.when)
    run.play_until(len(run.scenario.steps))

    def has_happened() -> None:
        assert killed.done(), f"there were only these writes: {', '.join(map(str, run.writes()))}"

    run.eventually(has_happened)


def _fall_behind(run: ScenarioRun, point: Behind) -> None:
    """Show the process what there was at the event when all the rest has happened, and the rest when it has acted."""
    _hold_at(run, point)
    if point.lag is Lag.RESTART:
        run.stop()
    with run.marker() as (name, version):
        done = run.take_ahead(point.step + 1)
        run.view.hold(version)
        if point.lag is Lag.RESTART:
            run.view.answer_lists_as_of(version)
            run.start()
        run.until_dealt_with(name)
        run.until_idle()
        run.view.release()
    run.play(done)


def _show_an_old_list(run: ScenarioRun, point: Behind) -> None:
    """Play it to its end, and start the process again with what there was at the event."""
    _hold_at(run, point)
    with run.marker() as (name, version):
        run.view.release()
        if point.step == START:
            run.start()
        run.settle()
        run.play(point.step + 1)
        run.come_to_rest(run.scenario.settled)
    run.stop()
    run.view.hold(version)
    run.view.answer_lists_as_of(version)
    run.start()
    run.until_dealt_with(name, again=True)
    run.until_idle()
    run.view.release()


def _hold_at(run: ScenarioRun, point: Behind) -> None:
    """Play it until the event, and show nothing that is newer, nor that event."""
    run.play_until(point.step)
    if point.last is None:
        return
    if point.step != START:
        run.come_to_rest(run.scenario.settled)
    if point.last.by_user:
        run.view.hold()
        run.take(point.step)
        return
    _take_until(run, point.last)


def _swallow(run: ScenarioRun, point: Swallowed) -> None:
    run.play_until(point.first.step)
    run.come_to_rest(run.scenario.settled)
    begin = point.first.step
    if point.first.by_user:
        run.view.hold()
    else:
        _take_until(run, point.first)
        begin += 1
    for step in range(begin, point.second.step + 1):
        run.take(step)
    with run.marker() as (name, version):
        run.view.expire(version)
        run.until_dealt_with(name)
    run.play(point.second.step + 1)


def _take_until(run: ScenarioRun, event: Recorded) -> None:
    """Take the step of an event, and show nothing from that on."""
    reached = run.view.hold_before(_same(event))
    if event.step == START:
        run.start()
    else:
        run.take(event.step)
    concurrent.futures.wait([reached], run.scenario.within)
    assert reached.done(), "there was no such event"


def _same(recorded: Recorded) -> Callable[[WatchEvent], bool]:
    """Whether an event of the same step is this one."""
    number = itertools.count(1)
    return lambda event: str(event) == str(recorded.event) and next(number) == recorded.occurrence
