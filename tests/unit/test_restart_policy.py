"""How long what died waits before it is begun again."""

from desktop.adapters.restart_policy import RestartPolicy


def test_each_death_waits_longer_up_to_a_limit() -> None:
    policy = RestartPolicy(first=0.5, cap=30.0)
    delays = [policy.delay(deaths, broken=False, roll=0.0) for deaths in (1, 2, 3, 7, 99)]
    assert delays == [0.5, 1.0, 2.0, 30.0, 30.0]


def test_a_delay_is_shortened_by_chance_so_that_many_do_not_start_at_once() -> None:
    assert RestartPolicy(first=0.5, jitter=0.5).delay(1, broken=False, roll=0.5) == 0.375


def test_what_will_not_be_better_soon_is_tried_seldom() -> None:
    assert RestartPolicy(slow=300.0).delay(1, broken=True, roll=0.0) == 300.0
