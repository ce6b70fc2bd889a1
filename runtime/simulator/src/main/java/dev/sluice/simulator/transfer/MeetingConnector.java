package dev.sluice.simulator.transfer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.simulator.KvTransfer;
import dev.sluice.spi.Role;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/**
 * The kinds whose legs go out at once and meet under a key: NIXL in push mode, Mooncake, the offloading connector's P2P tier and
 * SGLang. They differ in the fields that name the key and the other side. None of them was captured from a real engine; the
 * fields are those of the projects' sources. Parameters that are not whole make the request an ordinary one.
 */
final class MeetingConnector implements Connector {
    private final ConnectorKind kind;
    private final Role role;
    private final long leaseNanos;

    MeetingConnector(ConnectorKind kind, Role role, long leaseNanos) {
        this.kind = kind;
        this.role = role;
        this.leaseNanos = leaseNanos;
    }

    @Override
    public Wish wish(ObjectNode body, ObjectNode params, String requestId, int promptTokens) {
        return switch (kind) {
            case SGLANG -> room(body, promptTokens);
            case OFFLOADING -> tier(params, promptTokens);
            default -> transfer(params, promptTokens);
        };
    }

    /** Both legs have the same fields; what a server is decides which leg it has. */
    private Wish room(ObjectNode body, int promptTokens) {
        if (!body.hasNonNull("bootstrap_room") || role == Role.BOTH) {
            return Wish.NONE;
        }
        var room = body.path("bootstrap_room").asText();
        return role == Role.PREFILL
                ? Wish.keep(room, leaseNanos)
                : meet(
                        promptTokens,
                        body.path("bootstrap_host").asText(""),
                        body.path("bootstrap_port").asInt(8998),
                        false,
                        "",
                        room,
                        300);
    }

    private Wish tier(ObjectNode params, int promptTokens) {
        var decoder = params.path("remote_decoder").path("kv_request_id").asText("");
        var prefiller = params.path("remote_prefiller");
        var holder = params.path("remote_kv_source");
        var keep = decoder.isEmpty() ? Wish.NONE : Wish.keep(decoder, leaseNanos);
        if (prefiller.hasNonNull("kv_request_id")) {
            return meet(
                    promptTokens,
                    prefiller.path("remote_host").asText(""),
                    prefiller.path("remote_port").asInt(),
                    false,
                    "",
                    prefiller.path("kv_request_id").asText(),
                    30);
        }
        if (holder.hasNonNull("remote_host")) {
            var fetch = meet(
                    promptTokens,
                    holder.path("remote_host").asText(),
                    holder.path("remote_port").asInt(),
                    false,
                    "",
                    "",
                    0);
            return new Wish(
                    new KvTransfer(keep.transfer().keep(), fetch.transfer().pull(), Optional.empty()), fetch.source());
        }
        return keep;
    }

    private Wish transfer(ObjectNode params, int promptTokens) {
        var key = params.path("transfer_id").asText("");
        if (key.isEmpty()) {
            return Wish.NONE;
        }
        if (params.path("do_remote_decode").asBoolean(false)) {
            return Wish.keep(key, leaseNanos);
        }
        if (!params.path("do_remote_prefill").asBoolean(false)) {
            return Wish.NONE;
        }
        var engine = params.path("remote_engine_id").asText("");
        if (kind == ConnectorKind.MOONCAKE) {
            var address = bootstrap(params.path("remote_bootstrap_addr"));
            return meet(promptTokens, address.host(), address.port(), true, engine, key, 30);
        }
        return meet(
                promptTokens,
                params.path("remote_host").asText(""),
                params.path("remote_port").asInt(),
                false,
                engine,
                key,
                480);
    }

    private record Address(String host, int port) {}

    private static Address bootstrap(JsonNode url) {
        try {
            var uri = URI.create(url.asText(""));
            return new Address(uri.getHost() == null ? "" : uri.getHost(), uri.getPort());
        } catch (IllegalArgumentException e) {
            return new Address("", -1);
        }
    }

    private static Wish meet(
            int promptTokens,
            String host,
            int port,
            boolean bootstrap,
            String engineId,
            String key,
            double patienceSeconds) {
        return host.isEmpty() || port <= 0
                ? Wish.NONE
                : Wish.fetch(
                        promptTokens,
                        Integer.MAX_VALUE,
                        new Source(host, port, bootstrap, engineId, key, List.of(), patienceSeconds));
    }
}
