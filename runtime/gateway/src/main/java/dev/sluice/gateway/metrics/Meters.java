package dev.sluice.gateway.metrics;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Set;

/** All series that the gateway emits. */
public class Meters implements AutoCloseable {
    /** Content type of what {@link #scrape} writes. */
    public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    /** @param version of Sluice, for {@code sluice_build_info} */
    public Meters(String version) {}

    /** Gauges of this pool are read from here on; replaces a pool of the same name. */
    public void bindPool(PoolView pool) {
        throw new UnsupportedOperationException();
    }

    /** The pool is gone. */
    public void unbindPool(String name) {
        throw new UnsupportedOperationException();
    }

    /** The tenants that exist; series of others end 5 minutes later. */
    public void tenants(Set<String> living) {
        throw new UnsupportedOperationException();
    }

    /** Meters of a request's pool, tenant and route (path pattern); empty strings where a request did not get that far. */
    public Lane lane(String pool, String tenant, String route) {
        throw new UnsupportedOperationException();
    }

    /** A decision was made in so many ns. */
    public void decision(long nanos) {
        throw new UnsupportedOperationException();
    }

    /** The policy's own answer could not be used. */
    public void decisionFallback(String cause) {
        throw new UnsupportedOperationException();
    }

    /** A plugin did wrong and lost its vote; see {@code dev.sluice.core.Faults}. */
    public void pluginFault(String point, String name, Throwable fault) {
        throw new UnsupportedOperationException();
    }

    /** Meters of one plugin instance. */
    public PluginMeter plugin(String point, String type, String name) {
        throw new UnsupportedOperationException();
    }

    /** One attempt at an engine has ended, such as {@code completed}, {@code unreachable}, {@code failed}. */
    public void attempt(String outcome) {
        throw new UnsupportedOperationException();
    }

    /** A client left at that stage: {@code queue}, {@code waiting}, {@code stream}. */
    public void cancelled(String stage) {
        throw new UnsupportedOperationException();
    }

    /** The configuration was read again. */
    public void configReload(boolean successful) {
        throw new UnsupportedOperationException();
    }

    /** Whether everybody may use the gateway. */
    public void anonymousOpen(boolean open) {
        throw new UnsupportedOperationException();
    }

    /** Writes all series in Prometheus' text format. */
    public void scrape(OutputStream out) throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Ends the JVM's meters. */
    @Override
    public void close() {}
}
