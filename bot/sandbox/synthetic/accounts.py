"""The accounts: each member's own record, some with one or two children's records, one with only other people's."""

from datetime import date

from bot.sandbox.synthetic.members import members
from bot.sandbox.synthetic.people import Member
from bot.sandbox.synthetic.shapes import CARIN, HL7, concept, reference, resource
from bot.sandbox.world import Account, Resource, World

# The representative and, by serial number, how each represented person is related.
_REPRESENTATIVE = "lan"
_REPRESENTED = {7: "MTH", 8: "MTH", 9: "DAUC"}
# Further serial numbers whose records a member's sign-in opens.
_CHILDREN = {"carmen": (24, 25)}


def open_all(world: World, today: date) -> None:
    """Add every account, and the RelatedPerson resources of the representative."""
    for member in members():
        if member.username == _REPRESENTATIVE:
            _represent(world, member, today)
        elif member.username:
            children = (one.patient for one in members() if one.serial in _CHILDREN.get(member.username, ()))
            world.accounts[member.username] = Account(
                member.username,
                member.name,
                (member.patient, *children),
                f"Patient/{member.patient}",
                member.about,
            )


def _represent(world: World, person: Member, today: date) -> None:
    represented = [member for member in members() if member.serial in _REPRESENTED]
    for member in represented:
        world.add(_related(person, member, today))
    first = f"RelatedPerson/{_related_id(person, represented[0])}"
    patients = tuple(member.patient for member in represented)
    world.accounts[person.username] = Account(person.username, person.name, patients, first, person.about)


def _related_id(person: Member, member: Member) -> str:
    return f"rel-{person.serial:03d}-{member.serial:03d}"


def _related(person: Member, member: Member, today: date) -> Resource:
    return resource(
        "RelatedPerson",
        _related_id(person, member),
        f"{CARIN}C4BB-RelatedPerson|2.0.0",
        f"{today.replace(day=1)}T06:00:00.000Z",
        active=True,
        patient=reference(f"Patient/{member.patient}", member.name),
        relationship=[concept(f"{HL7}v3-RoleCode", _REPRESENTED[member.serial])],
        name=[{"text": person.name, "family": person.family, "given": [person.given]}],
        gender=person.gender,
    )
