package dev.sluice.gateway;

import io.helidon.service.registry.GlobalServiceRegistry;
import io.helidon.service.registry.ServiceRegistryConfig;
import io.helidon.service.registry.ServiceRegistryManager;

/**
 * Helidon's registry of services, which the first of its classes that wants a text converted fills with all that it finds on the
 * class path: a fifth of what the main thread does at start, and of it only gRPC is used here. So a process that serves no gRPC starts
 * with an empty one. What Helidon converts by itself (numbers, durations, …) works without.
 */
public final class HelidonServices {
    private HelidonServices() {}

    /** Makes the registry of this process an empty one, for good, unless somebody has made one before. */
    public static synchronized void leaveOut() {
        if (!GlobalServiceRegistry.configured()) {
            ServiceRegistryConfig nothing = ServiceRegistryConfig.builder()
                    .discoverServices(false)
                    .discoverServicesFromServiceLoader(false)
                    .build();
            GlobalServiceRegistry.registry(
                    ServiceRegistryManager.create(nothing).registry());
        }
    }
}
