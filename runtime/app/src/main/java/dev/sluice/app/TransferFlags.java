package dev.sluice.app;

import dev.sluice.simulator.transfer.ConnectorKind;
import dev.sluice.simulator.transfer.TransferOptions;
import picocli.CommandLine.Option;

/** Options of stand-ins that share KV with each other. */
final class TransferFlags {
    @Option(
            names = "--connector",
            paramLabel = "KIND",
            description =
                    "How they share KV: none, nixl, nixl-push, shared-storage, lmcache, offloading, mooncake or sglang.")
    private String connector = "none";

    @Option(
            names = "--side-channel-port",
            paramLabel = "N",
            description = "Where peers find the first, with mooncake its bootstrap server; 0 takes free ones.")
    private int sideChannelPort;

    @Option(names = "--engine-id", paramLabel = "ID", description = "Its name among peers; -1, -2 … for further ones.")
    private String engineId = "";

    @Option(
            names = "--kv-lease",
            paramLabel = "SECONDS",
            description = "How long blocks are kept; 0: the kind's default.")
    private double lease;

    @Option(names = "--kv-link", paramLabel = "GB/S", description = "What its link moves, 1e9 bytes each second.")
    private double link = 49.5;

    @Option(names = "--kv-handshake", paramLabel = "SECONDS", description = "Before the first transfer of a pair.")
    private double handshake = 0.5;

    @Option(
            names = "--kv-load-failure-policy",
            paramLabel = "POLICY",
            description = "What becomes of a request whose KV does not come: fail or recompute.")
    private String failurePolicy = "fail";

    @Option(
            names = "--shared-storage-path",
            paramLabel = "FOLDER",
            description = "Of shared-storage and lmcache; without it each has a storage of its own.")
    private String storage = "";

    TransferOptions options(int index) {
        if (!failurePolicy.equals("fail") && !failurePolicy.equals("recompute")) {
            throw new IllegalArgumentException("kv-load-failure-policy is fail or recompute, not " + failurePolicy);
        }
        return new TransferOptions(
                ConnectorKind.of(connector),
                sideChannelPort == 0 ? 0 : sideChannelPort + index,
                engineId.isEmpty() || index == 0 ? engineId : engineId + "-" + index,
                lease,
                link,
                handshake,
                failurePolicy.equals("recompute"),
                storage);
    }
}
