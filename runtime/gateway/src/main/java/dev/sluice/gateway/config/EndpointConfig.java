package dev.sluice.gateway.config;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Range;
import dev.sluice.spi.Role;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** One engine, as {@code {url, role, labels}} or as llm-d's {@code {name, namespace, address, port, labels}}. */
public record EndpointConfig(
        @Doc("Where it listens. Either this, or `address` and `port`.")
        Optional<HttpUrl> url,

        @Doc("What it does; the same value as label `llm-d.ai/role`. Neither: `both`.")
        Optional<Role> role,

        @Doc("For filters and for tenants' rules.") @Default("{}")
        Map<String, String> labels,

        @Doc(
                "Where it publishes KV events; of several data-parallel ranks the first, each further has the next port. Absent: it does not.")
        Optional<KvAddress> kvEvents,

        @Doc("Where it repeats them: an address, or `none`. Absent: the next port behind those of `kvEvents`.")
        Optional<KvAddress.Replay> kvReplay,

        @Doc("Data-parallel ranks that publish KV events.") @Default("1") @Range(min = 1, max = 1024)
        int kvRanks,

        @Doc("llm-d's row: shown instead of the address.") Optional<String> name,
        @Doc("llm-d's row: put before the name.") Optional<String> namespace,
        @Doc("llm-d's row: IP address or host name.") Optional<String> address,

        @Doc("llm-d's row: port, in quotes or not.") Optional<Port> port) {
    /** Refuses rows that say two things or nothing. */
    public EndpointConfig {
        if (url.isPresent() == address.isPresent() || address.isPresent() != port.isPresent()) {
            throw new ConfigException("expected either url, or address and port");
        }
        if (address.isPresent() && !address.get().matches("[A-Za-z0-9.-]{1,253}|\\[?[0-9A-Fa-f:.%]{2,60}]?")) {
            throw new ConfigException("address must be an IP address or a host name, is \"" + address.get() + "\"");
        }
        Optional<String> label = Optional.ofNullable(labels.get(Role.LABEL));
        if (label.isPresent() && Role.of(label.get()).isEmpty()) {
            throw new ConfigException("label " + Role.LABEL + ": "
                    + Scalars.notOneOf(label.get(), List.of("prefill", "decode", "encode", "both")));
        }
        if (kvEvents.isEmpty() && (kvReplay.isPresent() || kvRanks > 1)) {
            throw new ConfigException("kvReplay and kvRanks go with kvEvents");
        }
        Optional<String> elsewhere = kvReplay.flatMap(KvAddress.Replay::address)
                .map(KvAddress::host)
                .filter(host -> !host.equals(kvEvents.orElseThrow().host()));
        if (elsewhere.isPresent()) {
            throw new ConfigException("kvReplay must be at the host of kvEvents");
        }
        Optional<Role> labelled = label.flatMap(Role::of);
        if (role.isPresent() && labelled.isPresent() && !role.equals(labelled)) {
            throw new ConfigException("role is " + role.get().label() + " and label " + Role.LABEL + " is "
                    + label.get() + ": they are one value");
        }
        role = role.or(() -> labelled);
    }

    /** The endpoint; its id is the name where there is one, else the address. */
    public Endpoint endpoint() {
        String hostPort = url.map(HttpUrl::address)
                .orElseGet(() -> bracketed(address.orElseThrow()) + ":"
                        + port.orElseThrow().number());
        Map<String, String> all = new LinkedHashMap<>(labels);
        role.ifPresent(r -> all.putIfAbsent(Role.LABEL, r.label()));
        String id = name.map(n -> namespace.map(ns -> ns + "/" + n).orElse(n)).orElse(hostPort);
        return new Endpoint(id, hostPort, role.orElse(Role.BOTH), all);
    }

    /** Port at which its first rank repeats what it published; empty when it does not, or publishes nothing. */
    public OptionalInt kvReplayPort() {
        if (kvEvents.isEmpty()) {
            return OptionalInt.empty();
        }
        int next = kvEvents.get().port() + kvRanks;
        return kvReplay.map(said ->
                        said.address().map(a -> OptionalInt.of(a.port())).orElse(OptionalInt.empty()))
                .orElse(next <= 65535 ? OptionalInt.of(next) : OptionalInt.empty());
    }

    /** Whether it is spoken to by TLS: as its URL says, and without one as its pool says. */
    public boolean secure(boolean otherwise) {
        return url.map(HttpUrl::secure).orElse(otherwise);
    }

    private static String bracketed(String host) {
        return host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
    }
}
