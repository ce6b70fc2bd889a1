package dev.sluice.gateway;

import dev.sluice.gateway.config.ServerConfig;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** What of {@code server:} is settled when the listeners are opened, and so needs a restart to change. */
final class ListenerSettings {
    private ListenerSettings() {}

    /** The keys in which a configuration differs from the one that the listeners were opened with. */
    static List<String> changed(ServerConfig now, ServerConfig next) {
        ServerConfig.Limits was = now.limits();
        ServerConfig.Limits is = next.limits();
        return Stream.of(
                        differs("server.host", now.host(), next.host()),
                        differs("server.port", now.port(), next.port()),
                        differs(
                                "server.admin.host",
                                now.admin().host(),
                                next.admin().host()),
                        differs(
                                "server.admin.port",
                                now.admin().port(),
                                next.admin().port()),
                        differs("server.metrics", now.metrics(), next.metrics()),
                        differs("server.limits.headers", was.headers(), is.headers()),
                        differs("server.limits.connections", was.connections(), is.connections()),
                        differs("server.limits.headerTime", was.headerTime(), is.headerTime()),
                        differs("server.limits.bodyIdle", was.bodyIdle(), is.bodyIdle()))
                .filter(key -> !key.isEmpty())
                .toList();
    }

    private static String differs(String key, Object now, Object next) {
        return Objects.equals(now, next) ? "" : key;
    }
}
