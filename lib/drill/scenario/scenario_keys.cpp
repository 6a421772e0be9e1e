// What each key of a drill file means: the descriptions of the JSON Schema. Types, ranges and which keys
// there are come from the reader itself; a test holds this table to it.
#include "drill/scenario/scenario.hpp"

namespace meshdrill::drill {
namespace {

constexpr KeyMeaning meanings[] = {
    {"apiVersion", "", "the format of this file"},
    {"kind", "", "what this file describes"},
    {"metadata", "", "what the drill is called"},
    {"metadata.name", "", "lower-case letters, digits and `-`; part of the journal's name"},
    {"metadata.description", "", "for whoever reads the journal"},
    {"metadata.runbook", "", "a link, for whoever reads the journal"},
    {"mesh", "", "the mesh file; a relative path starts at the drill file's folder"},

    {"target", "", "of which cluster something is taken away, and what"},
    {"target.cluster", "",
     "a cluster of the mesh file; or `each`: every one in turn, each with its own five phases and its own "
     "journal, restored "
     "and verified before the next. The first that does not pass is the last"},
    {"target.behind", "", "all workloads behind something: `service` or `ingress`"},
    {"target.behind.service", "", "`NAMESPACE/NAME`: every Deployment and StatefulSet whose Pods it selects"},
    {"target.behind.ingress", "",
     "`NAMESPACE/NAME`: the same, behind every Service that the Ingress leads to"},
    {"target.workloads", "", "a list of `[KIND ]NAMESPACE/NAME`: these and no others"},
    {"target.selector", "", "workloads with these labels: `app=api,tier!=test`"},
    {"target.namespace", "", "of the `selector`; `default` by default"},
    {"target.service", "",
     "by which traffic is followed, where `behind` does not say; by default the one that the mesh's ingress "
     "leads to"},

    {"fault", "", "what happens to it: one of these, or `none` to judge the steady state alone"},
    {"fault.scale", "", "replicas that the workloads keep: 0, a number, or a share such as `50%`"},
    {"fault.unshare", "", "`true`: the target's Service gets `service.cilium.io/shared: \"false\"`"},
    {"fault.ingressController", "",
     "`true`, or `[KIND ]NAMESPACE/NAME`: the ingress controller is scaled to 0, or as a DaemonSet gets a "
     "node selector that "
     "no node has"},
    {"fault.controlPlane", "", "`true`, or `[KIND ]NAMESPACE/NAME`: clustermesh-apiserver is scaled to 0"},
    {"fault.deletePods", "",
     "so many ready Pods of each workload are deleted: a number, or a share such as `50%`"},

    {"traffic", "", "what is asked meanwhile, as users would"},
    {"traffic.url", "", "what is asked for; by default the mesh's ingress"},
    {"traffic.rate", "50/s",
     "requests a second **on each stream**; a stream pins each ingress address, and one follows the name"},
    {"traffic.connections", "both",
     "`new`: a connection for each request; `reused`: kept ones; `both`: streams of either kind"},
    {"traffic.dnsServers", "", "`ADDRESS[:PORT]` of servers to ask; by default the system's"},
    {"traffic.caFile", "", "PEM file of authorities to trust for https; by default the system's"},
    {"traffic.identify", "", "how an answer says which cluster it is from"},
    {"traffic.identify.regex", "",
     "its one capture is the cluster's name; by default finds \"Cluster NAME\""},
    {"traffic.timeouts", "", "a limit for each step of a request"},
    {"traffic.timeouts.dns", "900ms", "of a lookup"},
    {"traffic.timeouts.connect", "900ms", "of connecting"},
    {"traffic.timeouts.tls", "900ms", "of the TLS handshake"},
    {"traffic.timeouts.firstByte", "2s", "from the request to the first byte of the answer"},
    {"traffic.timeouts.total", "2s", "of a request as a whole"},

    {"phases", "", "how long each phase lasts, at least 1s"},
    {"phases.baseline", "15s", "nothing is touched"},
    {"phases.fail", "30s", "at most: ends once the fault shows"},
    {"phases.hold", "15s", "the fault lasts"},
    {"phases.restore", "2m", "at most: ends once the restore shows"},
    {"phases.recovered", "15s", "as it was before"},

    {"expect", "", "what must hold in each phase"},
    {"expect.*", "", "of this phase; one that is left out is asked for the usual"},
    {"expect.*.everyClusterSeen", "",
     "each cluster with ready endpoints answered at least once; in `hold`, each but a target that is taken "
     "away"},
    {"expect.*.balance", "", "the traffic is balanced behind each ingress address"},
    {"expect.*.balance.tolerance", "",
     "the simultaneous intervals of all shares of connections lie within the expected share ± this; expected "
     "shares follow "
     "the ready endpoints"},
    {"expect.*.balance.confidence", "", "of these intervals"},
    {"expect.*.latency", "", "at most so many times what it was in the baseline"},
    {"expect.*.latency.p50", "", "of the median: `<= 2x`"},
    {"expect.*.latency.p99", "", "of the 99th percentile: `<= 2x`"},
    {"expect.*.targetShare", "", "at most this share of the answers came from the target: `0%`, `<= 5%`"},
    {"expect.*.survivors", "", "each of these clusters answered"},
    {"expect.*.outage", "",
     "every outage that began in consequence of that change was at most this long, on each stream: `<= 2s`"},
    {"expect.*.effectWithin", "", "from the acknowledged write until the API shows its effect: `<= 10s`"},
    {"expect.*.drainedWithin", "",
     "from the acknowledged write until the last answer that it takes away: `<= 10s`"},
    {"expect.*.readyWithin", "", "from the acknowledged write until the API shows the restore: `<= 30s`"},
    {"expect.*.targetSeenWithin", "",
     "from the acknowledged write until the first answer that it brings back: `<= 30s`"},
    {"expect.*.errors", "",
     "at most this share of the requests failed: `<= 0.1%`; without those to an ingress that is taken away"},
    {"expect.*.clientErrors", "", "the same of the requests that follow DNS, wherever it leads"},
    {"expect.*.minSamples", "", "so many requests were sent; else the phase is inconclusive"},

    {"guards", "", "what must be so before anything is changed, and what ends the drill early"},
    {"guards.deadline", "5m", "from the first request to the order to restore"},
    {"guards.minReadyElsewhere", "1",
     "ready endpoints that the other clusters must have together, also while the drill lasts: a number, or a "
     "share of the "
     "target's own. Never 0"},
    {"guards.minHealthyClusters", "1", "other clusters with a ready endpoint. Never 0"},
    {"guards.maxWorkloads", "10", "that one drill may change"},
    {"guards.requireOptIn", "false", "every changed object must carry `meshdrill.io/drills: allowed`"},
    {"guards.environment", "",
     "what the target must say that it is: the annotation `meshdrill.io/environment` of its namespace "
     "`kube-system`"},
    {"guards.windows", "",
     "days and hours in UTC, `Mon-Fri 09:00-16:00`; the drill must begin in one, and its deadline lie in it"},
    {"guards.owners", "",
     "what to do about somebody else who keeps the replicas. With an allowed autoscaler, any count within "
     "its bounds is "
     "taken for restored"},
    {"guards.owners.hpa", "refuse", "a HorizontalPodAutoscaler"},
    {"guards.owners.keda", "refuse", "a ScaledObject"},
    {"guards.owners.argocd", "refuse", "an Argo CD application"},
    {"guards.owners.flux", "refuse", "a Flux Kustomization or HelmRelease"},
    {"guards.owners.helm", "warn", "a Helm release"},
    {"guards.owners.unknown", "warn",
     "any other program that owns the field, an operator's object, a VerticalPodAutoscaler"},
    {"guards.abortIf", "", "each of these ends the drill; by default errors of more than 50 % over 5s"},
    {"guards.abortIf[].errors", "", "more than this share of the requests failed: `> 20%`"},
    {"guards.abortIf[].over", "3s", "over this time"},
    {"guards.abortIf[].consecutiveFailures", "", "so many requests of one stream failed one after the other"},
    {"guards.abortIf[].observerLost", "30s", "the API of a cluster has not answered for so long"},

    {"restore", "", "how it is put back"},
    {"restore.ownership", "hand-back",
     "of the fields that were written: `hand-back` to who owned them before, where that is allowed, else "
     "reported; `report` "
     "alone; `keep`: not looked at"},
};

}  // namespace

std::span<const KeyMeaning> drill_file_meanings() {
  return meanings;
}

}  // namespace meshdrill::drill
