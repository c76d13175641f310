import ipaddress
from typing import Any

from django.db import migrations


def widen(apps: Any, schema_editor: Any) -> None:
    """A ban of an IPv6 address is one of its network, under the first address of that."""
    for ban in apps.get_model("comments", "Ban").objects.filter(address__contains=":"):
        address = ipaddress.IPv6Address(ban.address)
        if address.ipv4_mapped is None:
            ban.address = str(ipaddress.ip_network((address, 64), strict=False).network_address)
            ban.save()


class Migration(migrations.Migration):
    dependencies = [
        ("comments", "0004_commenter"),
    ]

    operations = [migrations.RunPython(widen, migrations.RunPython.noop, elidable=True)]
