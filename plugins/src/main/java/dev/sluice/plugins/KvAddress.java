package dev.sluice.plugins;

import dev.sluice.spi.Endpoint;

/**
 * Where an engine hands KV out: the host that it is reached at, and a port of the connector's. Two labels of the endpoint say
 * otherwise, for engines that are reached at another address than they listen at, or that share a host.
 */
final class KvAddress {
    /** Host that other engines reach it at. */
    static final String HOST = "sluice.dev/kv-host";
    /** Port that it hands KV out at. */
    static final String PORT = "sluice.dev/kv-port";

    private KvAddress() {}

    /** Without the brackets of an IPv6 address. */
    static String host(Endpoint endpoint) {
        String label = endpoint.labels().get(HOST);
        if (label != null && !label.isBlank()) {
            return label;
        }
        String address = endpoint.address();
        String host = address.substring(0, Math.max(0, address.lastIndexOf(':')));
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    static int port(Endpoint endpoint, int otherwise) {
        String label = endpoint.labels().get(PORT);
        if (label == null || !label.matches("[0-9]{1,5}")) {
            return otherwise;
        }
        int port = Integer.parseInt(label);
        return port > 0 && port < 65536 ? port : otherwise;
    }

    /** As it stands in a URL. */
    static String bracketed(String host) {
        return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    }
}
