package dev.sluice.plugins;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.OneOf;
import java.util.Optional;

/**
 * Parameters of {@code disagg-profile-handler}, llm-d's flat names of earlier versions included.
 *
 * @param stageOrder which profile runs first
 * @param profiles names of the profiles
 * @param deciders names of the deciders
 * @param decodeProfile earlier name of {@code profiles.decode}
 * @param prefillProfile earlier name of {@code profiles.prefill}
 * @param encodeProfile earlier name of {@code profiles.encode}
 * @param prefillDeciderPluginName earlier name of {@code deciders.prefill}
 * @param encodeDeciderPluginName earlier name of {@code deciders.encode}
 * @param deciderPluginName still earlier name of {@code deciders.prefill}
 */
public record DisaggConfig(
        @Doc(
                "`decode-first`: the decider looks at the decode endpoint that was picked. `prefill-first`: every request is split, and there is no decider.")
        @Default("decode-first")
        @OneOf({"decode-first", "prefill-first"})
        String stageOrder,

        @Doc("Names of the profiles.") @Default("{}") Profiles profiles,

        @Doc("Names of the deciders, instances above.") @Default("{}")
        Deciders deciders,

        @Doc("Earlier name of `profiles.decode`.") Optional<String> decodeProfile,
        @Doc("Earlier name of `profiles.prefill`.") Optional<String> prefillProfile,
        @Doc("Earlier name of `profiles.encode`.") Optional<String> encodeProfile,
        @Doc("Earlier name of `deciders.prefill`.") Optional<String> prefillDeciderPluginName,
        @Doc("Earlier name of `deciders.encode`.") Optional<String> encodeDeciderPluginName,
        @Doc("Earlier name of `deciders.prefill`.") Optional<String> deciderPluginName) {
    /** Refuses what can't be. */
    public DisaggConfig {
        if (deciders.encode().isPresent() || encodeDeciderPluginName.isPresent()) {
            throw new ConfigException("deciders.encode: encode stages are not supported yet");
        }
        boolean decided =
                deciders.prefill().isPresent() || prefillDeciderPluginName.isPresent() || deciderPluginName.isPresent();
        if (decided && stageOrder.equals("prefill-first")) {
            throw new ConfigException(
                    "stageOrder prefill-first splits every request: it goes without a prefill decider");
        }
    }

    /** What the profiles are called. */
    public record Profiles(
            @Doc("Picks the endpoint that generates.") @Default("decode")
            String decode,

            @Doc("Picks the endpoint that computes the prompt.") @Default("prefill")
            String prefill,

            @Doc("Of encode stages, which are not supported yet.") @Default("encode")
            String encode) {}

    /** Which instances decide. */
    public record Deciders(
            @Doc("Decides whether a request is split. Absent: none is.")
            Optional<String> prefill,

            @Doc("Of encode stages, which are not supported yet.")
            Optional<String> encode) {}

    String decode() {
        return decodeProfile.orElse(profiles.decode());
    }

    String prefill() {
        return prefillProfile.orElse(profiles.prefill());
    }

    Optional<String> decider() {
        return deciders.prefill().or(() -> prefillDeciderPluginName).or(() -> deciderPluginName);
    }
}
