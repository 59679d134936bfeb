from bot.sandbox.world import Resource, World


def record(world: World, username: str, kind: str) -> list[Resource]:
    """What a member's record holds of a type."""
    patient = f"Patient/{world.accounts[username].patients[0]}"
    return [one for one in world.of_type(kind) if one["subject"]["reference"] == patient]


def test_a_lab_result_has_a_trend_and_a_range(world: World) -> None:
    """Walter's A1c falls over five results, each with what is usual and whether it is high."""
    found = [one for one in record(world, "walter", "Observation") if one["code"]["coding"][0]["code"] == "4548-4"]
    values = [one["valueQuantity"]["value"] for one in found]
    assert len(values) == 5
    assert values[0] > values[-1]
    assert all(one["referenceRange"][0]["high"]["value"] == 5.6 for one in found)
    assert all(one["interpretation"][0]["coding"][0]["code"] == "H" for one in found)


def test_vitals_and_smoking(world: World) -> None:
    """Dana's blood pressure has two components, and her smoking status is said once."""
    found = record(world, "dana", "Observation")
    pressure = [one for one in found if one["code"]["coding"][0]["code"] == "85354-9"]
    assert all(len(one["component"]) == 2 for one in pressure)
    assert sum(one["code"]["coding"][0]["code"] == "72166-2" for one in found) == 1


def test_care_plans_are_told_in_words(world: World) -> None:
    """Each care plan has a narrative, as US Core asks."""
    plans = record(world, "dana", "CarePlan")
    assert plans
    assert all("<li>" in plan["text"]["div"] for plan in plans)


def test_conditions_and_procedures(world: World) -> None:
    """Dana has the conditions of her row, and procedures that go with them."""
    assert len(record(world, "dana", "Condition")) == 2
    assert len(record(world, "dana", "Procedure")) >= 2
