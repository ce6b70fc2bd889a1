package dev.sluice.gateway.config;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All plugin types of llm-d, those of its experimental stage and of earlier releases included. */
final class LlmdTypes {
    static final LlmdType.State BUILT_IN = new LlmdType.BuiltIn();
    static final LlmdType.State REVISIONS = new LlmdType.Later("revisions");
    static final LlmdType.State MULTIMODAL = new LlmdType.Later("multimodal serving");
    static final LlmdType.State CLUSTERS = new LlmdType.Refused("Sluice routes between engines, not between clusters");

    private static final Map<String, LlmdType> ALL = new LinkedHashMap<>();

    static {
        for (List<LlmdType> part :
                List.of(LlmdScheduling.TYPES, LlmdRequests.TYPES, LlmdDataLayer.TYPES, LlmdFlowControl.TYPES)) {
            for (LlmdType type : part) {
                if (ALL.put(type.name(), type) != null) {
                    throw new IllegalStateException(type.name() + " stands twice");
                }
            }
        }
    }

    private LlmdTypes() {}

    static Optional<LlmdType> find(String name) {
        return Optional.ofNullable(ALL.get(name));
    }

    /** In the order of the documentation. */
    static Collection<LlmdType> all() {
        return ALL.values();
    }

    static LlmdType current(LlmdType.Kind kind, String name, LlmdType.State state) {
        return new LlmdType(name, kind, LlmdType.Standing.CURRENT, state);
    }

    static LlmdType alpha(LlmdType.Kind kind, String name, LlmdType.State state) {
        return new LlmdType(name, kind, LlmdType.Standing.ALPHA, state);
    }

    static LlmdType deprecated(LlmdType.Kind kind, String name, LlmdType.State state) {
        return new LlmdType(name, kind, LlmdType.Standing.DEPRECATED, state);
    }

    static LlmdType gone(LlmdType.Kind kind, String name, LlmdType.State state) {
        return new LlmdType(name, kind, LlmdType.Standing.GONE, state);
    }

    static LlmdType own(LlmdType.Kind kind, String name, LlmdType.State state) {
        return new LlmdType(name, kind, LlmdType.Standing.OWN, state);
    }

    static LlmdType.State refused(String why) {
        return new LlmdType.Refused(why);
    }

    static LlmdType.State nowCalled(String name) {
        return new LlmdType.Alias(name);
    }
}
