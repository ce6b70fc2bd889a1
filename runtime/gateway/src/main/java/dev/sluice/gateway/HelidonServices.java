package dev.sluice.gateway;

import io.helidon.http.encoding.ContentEncodingContext;
import io.helidon.http.media.MediaContext;
import io.helidon.service.registry.GlobalServiceRegistry;
import io.helidon.service.registry.ServiceRegistryConfig;
import io.helidon.service.registry.ServiceRegistryManager;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;

/**
 * Helidon's registry of services, which the first of its classes that wants a text converted fills with all that it finds on the
 * class path: a fifth of what the main thread does at start, and of it only gRPC is used here. So a process that serves no gRPC starts
 * with an empty one. What Helidon converts by itself (numbers, durations, …) works without.
 */
public final class HelidonServices {
    /** Apart, so that it is made by the first server and not before {@link #leaveOut} could do its work. */
    private static final class Told {
        static final MediaContext MEDIA =
                MediaContext.builder().mediaSupportsDiscoverServices(false).build();
        static final ContentEncodingContext ENCODINGS = ContentEncodingContext.builder()
                .contentEncodingsDiscoverServices(false)
                .build();
    }

    private HelidonServices() {}

    /**
     * A server that has nothing but what it is told: without asking all jars of the class path, service by service, for what could be added.
     */
    public static WebServerConfig.Builder server() {
        return WebServer.builder()
                .featuresDiscoverServices(false)
                .protocolsDiscoverServices(false)
                .concurrencyLimitDiscoverServices(false)
                .mediaContext(Told.MEDIA)
                .contentEncoding(Told.ENCODINGS);
    }

    /** Makes the registry of this process an empty one, for good, unless somebody has made one before. */
    public static synchronized void leaveOut() {
        if (!GlobalServiceRegistry.configured()) {
            ServiceRegistryConfig nothing = ServiceRegistryConfig.builder()
                    .discoverServices(false)
                    .discoverServicesFromServiceLoader(false)
                    .build();
            GlobalServiceRegistry.registry(
                    ServiceRegistryManager.create(nothing).registry());
            // Of the serial filter that a server sets (all is refused): exceptions from it in jars, of which there are
            // none here.
            System.setProperty("helidon.serialFilter.ignoreFiles", "true");
        }
    }
}
