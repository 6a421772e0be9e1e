#include "mesh/values/chart_keys.hpp"

#include <algorithm>
#include <array>

namespace meshdrill::mesh::values {
namespace {

// The first words of every chart's values from 1.16 to 1.20, those that stand there only as a comment
// included.
// clang-format off
constexpr auto names = std::to_array<std::string_view>({
    "MTU", "affinity", "agent", "agentNotReadyTaintKey", "aksbyocni", "alibabacloud", "annotateK8sNode",
    "annotations", "apiRateLimit", "authentication", "autoDirectNodeRoutes", "azure", "bandwidthManager",
    "bgp", "bgpControlPlane", "bpf", "bpfClockProbe", "certgen", "cgroup", "ciliumEndpointSlice",
    "cleanBpfState", "cleanState", "cluster", "clustermesh", "cni", "commonLabels", "config",
    "configDriftDetection", "connectivityProbeFrequencyRatio", "conntrackGCInterval",
    "conntrackGCMaxInterval", "crdWaitTimeout", "customCalls", "daemon", "dashboards", "datapathPlugins",
    "debug", "defaultLBServiceIPAM", "devices", "directRoutingSkipUnreachable", "disableEndpointCRD",
    "disableIptablesFeederRules", "dnsPolicy", "dnsPolicyUnloadOnShutdown", "dnsProxy", "egressGateway",
    "egressMasqueradeInterfaces", "enableCiliumEndpointSlice", "enableCriticalPriorityClass",
    "enableIPv4BIGTCP", "enableIPv4Masquerade", "enableIPv6BIGTCP", "enableIPv6Masquerade",
    "enableIdentityMark", "enableInternalTrafficPolicy", "enableK8sEndpointSlice",
    "enableK8sTerminatingEndpoint", "enableLBIPAM", "enableMasqueradeRouteSource",
    "enableNoServiceEndpointsRoutable", "enableNonDefaultDenyPolicies", "enableRuntimeDeviceDetection",
    "enableXTSocketFallback", "encryption", "endpointHealthChecking", "endpointLockdownOnMapOverflow",
    "endpointPolicyUpdateTimeoutDuration", "endpointRoutes", "eni", "envoy", "envoyConfig", "etcd",
    "externalIPs", "externalWorkloads", "extraArgs", "extraConfig", "extraContainers", "extraEnv",
    "extraHostPathMounts", "extraInitContainers", "extraVolumeMounts", "extraVolumes",
    "forceDeviceDetection", "fragmentTracking", "gatewayAPI", "gke", "global",
    "healthCheckICMPFailureThreshold", "healthChecking", "healthPort", "highScaleIPcache", "hostFirewall",
    "hostPort", "hubble", "identityAllocationMode", "identityChangeGracePeriod", "identityManagementMode",
    "image", "imagePullSecrets", "ingressController", "initResources", "installNoConntrackIptablesRules",
    "ipMasqAgent", "ipam", "iptablesLockTimeout", "iptablesRandomFully", "ipv4", "ipv4NativeRoutingCIDR",
    "ipv6", "ipv6NativeRoutingCIDR", "k8s", "k8sClientExponentialBackoff", "k8sClientRateLimit",
    "k8sClusterNetworkPolicy", "k8sNetworkPolicy", "k8sServiceHost", "k8sServiceHostRef",
    "k8sServiceLookupConfigMapName", "k8sServiceLookupNamespace", "k8sServicePort", "keepDeprecatedLabels",
    "keepDeprecatedProbes", "kubeConfigPath", "kubeProxyReplacement", "kubeProxyReplacementHealthzBindAddr",
    "l2NeighDiscovery", "l2announcements", "l2podAnnouncements", "l7Proxy", "labels", "livenessProbe",
    "loadBalancer", "localRedirectPolicies", "localRedirectPolicy", "logOptions", "logSystemLoad", "maglev",
    "minReadySeconds", "monitor", "name", "namespaceOverride", "nat", "nat46x64Gateway",
    "nativeRoutingCIDRFromClusterPool", "nodeIPAM", "nodePort", "nodeSelector", "nodeSelectorLabels",
    "nodeinit", "operator", "pmtuDiscovery", "podAnnotations", "podLabels", "podSecurityContext",
    "policyAuditMode", "policyCIDRMatchMode", "policyDenyResponse", "policyEnforcementMode", "pprof",
    "preferIpv6", "preflight", "priorityClassName", "prometheus", "rbac", "readinessProbe",
    "resourceQuotas", "resources", "rollOutCiliumPods", "routingMode", "scheduling", "sctp",
    "secretsNamespaceAnnotations", "secretsNamespaceLabels", "securityContext", "serviceAccounts",
    "serviceNoBackendResponse", "sleepAfterInit", "socketLB", "standaloneDnsProxy", "startupProbe",
    "svcSourceRangeCheck", "synchronizeK8sNodes", "sysctlfix", "terminationGracePeriodSeconds", "tls",
    "tmpVolume", "tolerations", "tunnelPort", "tunnelProtocol", "tunnelSourcePortRange", "underlayProtocol",
    "updateStrategy", "upgradeCompatibility", "vtep", "waitForKubeProxy", "wellKnownIdentities",
});
// clang-format on

}  // namespace

bool is_chart_section(std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace meshdrill::mesh::values
