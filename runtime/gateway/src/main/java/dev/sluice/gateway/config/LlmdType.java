package dev.sluice.gateway.config;

import dev.sluice.spi.NoConfig;
import java.util.Optional;

/**
 * A plugin type that llm-d has or had, and what becomes of it here.
 *
 * @param name as configurations write it
 * @param kind what it is there
 * @param standing how it stands there
 */
record LlmdType(String name, Kind kind, Standing standing, State state) {
    /** What a type is. */
    enum Kind {
        FILTER,
        SCORER,
        PICKER,
        PROFILE_HANDLER,
        DECIDER,
        PRODUCER,
        ADMITTER,
        REQUEST,
        RESPONSE,
        SOURCE,
        EXTRACTOR,
        DISCOVERY,
        FLOW_CONTROL,
        SATURATION_DETECTOR,
        PARSER;

        String label() {
            return Scalars.name(this).replace('-', ' ');
        }
    }

    /** How a type stands in llm-d. */
    enum Standing {
        /** Stable or beta. */
        CURRENT,
        /** Only with --allow-experimental-plugins. */
        ALPHA,
        /** Still there, with a warning. */
        DEPRECATED,
        /** Of an earlier release; newer ones refuse it. */
        GONE,
        /** Not llm-d's: named as its are. */
        OWN
    }

    /** What becomes of a type. */
    sealed interface State {}

    /** Made by a factory of the gateway's own. */
    record BuiltIn() implements State {}

    /** Another name of a type. */
    record Alias(String of) implements State {}

    /**
     * The gateway does it without a plugin.
     *
     * @param parameters what may be written, each key honoured or refused
     * @param how in words
     */
    record Gateway(Class<? extends Record> parameters, String how) implements State {
        Gateway(String how) {
            this(NoConfig.class, how);
        }
    }

    /**
     * Accepted with a warning.
     *
     * @param parameters what may be written
     * @param why nothing comes of it
     */
    record NoEffect(Class<? extends Record> parameters, String why) implements State {
        NoEffect(String why) {
            this(NoConfig.class, why);
        }
    }

    /**
     * An error until its feature is built.
     *
     * @param with the feature
     */
    record Later(String with) implements State {}

    /** An error. */
    record Refused(String why) implements State {}

    /** The type that this is another name of. */
    Optional<String> alias() {
        return state instanceof Alias other ? Optional.of(other.of()) : Optional.empty();
    }

    /** The type itself, or the one that it is another name of. */
    LlmdType current() {
        return alias().flatMap(LlmdTypes::find).orElse(this);
    }
}
