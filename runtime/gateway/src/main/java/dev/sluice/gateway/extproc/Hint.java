package dev.sluice.gateway.extproc;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.sluice.extproc.v3.Metadata;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What a proxy says in metadata: which endpoints it allows, and which one served. */
final class Hint {
    static final String DESTINATION = "x-gateway-destination-endpoint";
    static final String NAMESPACE = "envoy.lb";
    private static final String SUBSET_NAMESPACE = "envoy.lb.subset_hint";
    private static final String SUBSET = DESTINATION + "-subset";
    private static final String SERVED = DESTINATION + "-served";

    private Hint() {}

    /**
     * The addresses that the proxy allows, {@code host:port} or a host for all its ports, as they are written; empty when it does
     * not say, or says it in another shape than a list or text with commas.
     */
    static Optional<Set<String>> subset(Metadata metadata) {
        Struct namespace = metadata.getFilterMetadataMap().get(SUBSET_NAMESPACE);
        Value value = namespace == null ? null : namespace.getFieldsMap().get(SUBSET);
        if (value == null) {
            return Optional.empty();
        }
        Set<String> addresses = new TreeSet<>();
        switch (value.getKindCase()) {
            case LIST_VALUE ->
                value.getListValue().getValuesList().forEach(item -> add(addresses, item.getStringValue()));
            case STRING_VALUE -> {
                for (String part : value.getStringValue().split(",", -1)) {
                    add(addresses, part);
                }
            }
            default -> {
                return Optional.empty();
            }
        }
        return Optional.of(addresses);
    }

    private static void add(Set<String> addresses, String address) {
        if (!address.isBlank()) {
            addresses.add(address.strip());
        }
    }

    /** The address that served, where the proxy says so. */
    static Optional<String> served(Metadata metadata) {
        Struct namespace = metadata.getFilterMetadataMap().get(NAMESPACE);
        Value value = namespace == null ? null : namespace.getFieldsMap().get(SERVED);
        return value == null || value.getStringValue().isEmpty()
                ? Optional.empty()
                : Optional.of(value.getStringValue());
    }
}
