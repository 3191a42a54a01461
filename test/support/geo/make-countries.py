"""Makes countries.mmdb, a MaxMind file of documentation networks: pip install mmdb_writer netaddr; python3 make-countries.py"""

from netaddr import IPSet
from mmdb_writer import MMDBWriter

writer = MMDBWriter(6, "Sluice-Test-Country", ipv4_compatible=True, description="Networks of RFC 5737 and RFC 3849")
for networks, country, continent in [
    (["192.0.2.0/25", "2001:db8:a::/48"], "DE", "EU"),
    (["192.0.2.128/25"], "CH", "EU"),
    (["198.51.100.0/24", "2001:db8:b::/48"], "US", "NA"),
]:
    writer.insert_network(IPSet(networks), {"country": {"iso_code": country}, "continent": {"code": continent}})
writer.to_db_file("countries.mmdb")
