#!/usr/bin/env python3
"""Computes a report's counts, shares, percentiles, pairing and splits again, from `sortie dump --json` alone.

check-report.py SORTIE FILE.sortie: says what differs, exits 1 if anything does. Percentiles may differ by 0.1 %, the
resolution of the report's histograms.
"""

import bisect
import collections
import json
import subprocess
import sys

RESOLUTION = 0.001


def percentile(values, per_mille):
    return values[(len(values) * per_mille + 999) // 1000 - 1]


def close(found, expected):
    return abs(found - expected) <= expected * RESOLUTION


def read_dump(sortie, trace):
    cycles, counts = collections.defaultdict(list), collections.Counter()
    spans, trips = collections.defaultdict(list), collections.defaultdict(list)
    first, last = {}, {}
    with subprocess.Popen([sortie, "dump", trace, "--json"], stdout=subprocess.PIPE, text=True) as dump:
        for line in dump.stdout:
            event = json.loads(line)
            vcpu = (event["vm"], event["vcpu"])
            if event["kind"] == "operation":
                spans[vcpu].append((event["host_g0"], event["host_g1"]))
                continue
            if event["first_entry"]:
                first[vcpu] = event["u1"]
                continue
            key = (event["vm"], event["site"], event["class"], event["device"])
            counts[key] += 1
            if event["coalesced"]:
                continue
            last[vcpu] = max(last.get(vcpu, 0), event["u0"], event["u1"] or 0)
            if event["cycles"] is not None:
                cycles[key].append(event["cycles"])
                trips[vcpu].append((event["u0"], event["u1"], event["class"] == "kick"))
    wall = collections.Counter()
    for vcpu, entry in first.items():
        wall[vcpu[0]] += last.get(vcpu, entry) - entry
    return cycles, counts, spans, trips, wall


def check_site(site, cycles, counts, wall):
    key = (site["vm"], site["site"], site["class"], site["device"])
    values = sorted(cycles[key])
    found = site["cycles"]
    if counts[key] != site["count"] or len(values) != found["timed"]:
        yield f"{key}: {site['count']} events, {found['timed']} timed; expected {counts[key]}, {len(values)}"
        return
    share = sum(values) / wall[site["vm"]] if values and wall[site["vm"]] else None
    reported = site["vcpu_time_share"]
    if (reported is None) != (share is None) or share is not None and abs(reported - share) > 1e-9:
        yield f"{key}: share {reported}, expected {share}"
    if found["sum"] != (sum(values) if values else None):
        yield f"{key}: sum {found['sum']}, expected {sum(values)}"
    for name, per_mille, least in (("p50", 500, 1), ("p90", 900, 10), ("p99", 990, 100), ("p999", 999, 1000)):
        expected = percentile(values, per_mille) if len(values) >= least else None
        if (found[name] is None) != (expected is None) or expected is not None and not close(found[name], expected):
            yield f"{key}: {name} {found[name]}, expected {expected}"
    if values and found["max"] != values[-1]:
        yield f"{key}: max {found['max']}, expected {values[-1]}"


def check_operation(vm, spans, trips):
    pairing, heavy, light, kicked, out = vm["operation"]["pairing"], 0, 0, 0, []
    for vcpu, of_vcpu in spans.items():
        if vcpu[0] != vm["vm"]:
            continue
        ordered = sorted(trips[vcpu])
        starts = [trip[0] for trip in ordered]
        for g0, g1 in of_vcpu:
            inside = ordered[bisect.bisect_left(starts, g0) : bisect.bisect_right(starts, g1)]
            inside = [trip for trip in inside if trip[1] <= g1]
            if any(trip[2] for trip in inside):
                kicked += 1
            elif inside:
                heavy += 1
                out.append(inside[0][0] - g0)
            else:
                light += 1
    found = (pairing["spans_with_round_trips"], pairing["spans_without"], pairing["spans_kicked"])
    if found != (heavy, light, kicked):
        yield f"{vm['workload']}: spans with, without, kicked {found}, expected {(heavy, light, kicked)}"
    elif out and not close(vm["operation"]["split"]["guest_to_host"]["p50_cycles"], percentile(sorted(out), 500)):
        yield f"{vm['workload']}: guest to host differs from {percentile(sorted(out), 500)}"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sortie, trace = sys.argv[1:]
    report = json.loads(subprocess.check_output([sortie, "report", trace, "--json"]))
    if report["totals"]["lost"] or report["totals"]["losses_of_unknown_count"]:
        sys.exit("this trace has losses: what lies in them cannot be computed from the dump")
    cycles, counts, spans, trips, wall = read_dump(sortie, trace)
    sites = [site for site in report["sites"] if site["tier"] == "vmm"]
    operations = [vm for vm in report["vms"] if vm["operation"]]
    wrong = [text for site in sites for text in check_site(site, cycles, counts, wall)]
    wrong += [text for vm in operations for text in check_operation(vm, spans, trips)]
    for text in wrong:
        print(text)
    print(f"{len(sites)} sites and {len(operations)} operations checked, {len(wrong)} differences")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
