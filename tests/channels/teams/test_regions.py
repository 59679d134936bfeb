"""Which hosts each of Microsoft's clouds is answered at."""

from bot.channels.teams.regions import CLOUDS, Hosts, cloud_of


def test_clouds_have_their_own_hosts_and_issuers() -> None:
    """A sovereign cloud by its name; hosts that are set take the place of its own."""
    assert Hosts(CLOUDS["gcch"].hosts).hold(CLOUDS["gcch"].service_url)
    assert not Hosts(CLOUDS["gcch"].hosts).hold(CLOUDS["public"].service_url)
    assert CLOUDS["dod"].issuer == "https://api.botframework.us"
    assert cloud_of("gcc", "a.example,b.example").hosts == {"a.example", "b.example"}
