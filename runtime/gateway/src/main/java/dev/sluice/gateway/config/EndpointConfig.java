package dev.sluice.gateway.config;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One engine, as {@code {url, role, labels}} or as llm-d's {@code {name, namespace, address, port, labels}}. */
@NotYet({"kvEvents", "kvReplay"})
public record EndpointConfig(
        @Doc("Where it listens. Either this, or `address` and `port`.")
        Optional<HttpUrl> url,

        @Doc("What it does; the same value as label `llm-d.ai/role`. Neither: `both`.")
        Optional<Role> role,

        @Doc("For filters and for tenants' rules.") @Default("{}")
        Map<String, String> labels,

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

    /** Whether it is spoken to by TLS: as its URL says, and without one as its pool says. */
    public boolean secure(boolean otherwise) {
        return url.map(HttpUrl::secure).orElse(otherwise);
    }

    private static String bracketed(String host) {
        return host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
    }
}
