/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/local_special.h"

#define ZEROS_7 "0.0.0.0.0.0.0."
#define ZEROS_31 ZEROS_7 ZEROS_7 ZEROS_7 ZEROS_7 "0.0.0."

/* IANA's registries of special-use domain names and of locally served zones. `example` is not here: RFC 6761 6.5 wants it
 * resolved as any other. */
const struct local_special local_special_zones[] = {
	/* RFC 6761 6.3: addresses are loopback, for all names below too; nothing else exists */
	{"localhost.", LOCAL_SPECIAL_TOP},
	/* RFC 6761 6.4 */
	{"invalid.", LOCAL_SPECIAL_ABSENT},
	/* RFC 6761 6.2 */
	{"test.", LOCAL_SPECIAL_ABSENT},
	/* RFC 6762 22.1: multicast DNS, never asked over unicast */
	{"local.", LOCAL_SPECIAL_ABSENT},
	/* RFC 7686 2 */
	{"onion.", LOCAL_SPECIAL_ABSENT},
	/* RFC 9476 3.2 */
	{"alt.", LOCAL_SPECIAL_ABSENT},
	/* RFC 8375 4 */
	{"home.arpa.", LOCAL_SPECIAL_EMPTY},
	/* RFC 8880 7.2 */
	{"ipv4only.arpa.", LOCAL_SPECIAL_EMPTY},
	{"170.0.0.192.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"171.0.0.192.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	/* RFC 9462 4: no designated resolver, said at once */
	{"resolver.arpa.", LOCAL_SPECIAL_NODATA},
	/* tells Firefox not to go round this resolver */
	{"use-application-dns.net.", LOCAL_SPECIAL_CANARY},
	/* RFC 6303 4.1, RFC 6761 6.1: private addresses */
	{"10.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"16.172.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"17.172.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"18.172.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"19.172.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"20.172.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"21.172.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"22.172.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"23.172.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"24.172.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"25.172.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"26.172.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"27.172.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"28.172.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"29.172.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"30.172.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"31.172.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"168.192.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	/* RFC 6303 4.2 */
	{"0.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"127.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"254.169.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"2.0.192.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"100.51.198.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"113.0.203.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"255.255.255.255.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	/* RFC 7793 4: shared address space */
	{"64.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"65.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"66.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"67.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"68.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"69.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"70.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"71.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"72.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"73.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"74.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"75.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"76.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"77.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"78.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"79.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"80.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"81.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"82.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"83.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"84.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"85.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"86.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"87.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"88.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"89.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"90.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"91.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"92.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"93.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"94.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"95.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"96.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"97.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"98.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"99.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"100.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"101.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"102.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"103.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"104.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"105.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"106.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"107.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"108.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"109.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"110.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"111.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"112.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"113.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"114.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"115.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"116.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"117.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"118.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"119.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"120.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"121.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"122.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"123.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"124.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"125.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"126.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	{"127.100.in-addr.arpa.", LOCAL_SPECIAL_EMPTY},
	/* RFC 6303 4.3 */
	{"0." ZEROS_31 "ip6.arpa.", LOCAL_SPECIAL_EMPTY},
	{"1." ZEROS_31 "ip6.arpa.", LOCAL_SPECIAL_EMPTY},
	/* RFC 6303 4.4: locally assigned */
	{"d.f.ip6.arpa.", LOCAL_SPECIAL_EMPTY},
	/* RFC 6303 4.5, RFC 6762 12: link-local */
	{"8.e.f.ip6.arpa.", LOCAL_SPECIAL_EMPTY},
	{"9.e.f.ip6.arpa.", LOCAL_SPECIAL_EMPTY},
	{"a.e.f.ip6.arpa.", LOCAL_SPECIAL_EMPTY},
	{"b.e.f.ip6.arpa.", LOCAL_SPECIAL_EMPTY},
	/* RFC 6303 4.6: documentation */
	{"8.b.d.0.1.0.0.2.ip6.arpa.", LOCAL_SPECIAL_EMPTY},
};
const size_t local_special_zone_count = sizeof local_special_zones / sizeof local_special_zones[0];

const char *const local_special_records[] = {
	"localhost. 10800 IN A 127.0.0.1",
	"localhost. 10800 IN AAAA ::1",
	"*.localhost. 10800 IN A 127.0.0.1",
	"*.localhost. 10800 IN AAAA ::1",
	"1.0.0.127.in-addr.arpa. 10800 IN PTR localhost.",
	"1." ZEROS_31 "ip6.arpa. 10800 IN PTR localhost.",
	"ipv4only.arpa. 86400 IN A 192.0.0.170",
	"ipv4only.arpa. 86400 IN A 192.0.0.171",
	"170.0.0.192.in-addr.arpa. 86400 IN PTR ipv4only.arpa.",
	"171.0.0.192.in-addr.arpa. 86400 IN PTR ipv4only.arpa.",
};
const size_t local_special_record_count =
	sizeof local_special_records / sizeof local_special_records[0];
