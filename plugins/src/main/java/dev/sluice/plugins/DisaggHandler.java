package dev.sluice.plugins;

import dev.sluice.spi.Decider;
import dev.sluice.spi.Pairs;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.ProfileHandler;
import dev.sluice.spi.Request;
import dev.sluice.spi.Split;
import dev.sluice.spi.Stages;
import java.util.List;
import java.util.Optional;

/**
 * llm-d's {@code disagg-profile-handler}: a profile picks who generates, another who computes the prompt, a decider says whether
 * the two are wanted. A decider that chooses pairs is asked when both profiles have run; what they picked is then only what their
 * filters left. A prefill profile that leaves nobody costs the split and not the request.
 */
final class DisaggHandler implements ProfileHandler {
    private final String decode;
    private final String prefill;
    private final boolean prefillFirst;
    private final Optional<Decider> decider;

    private DisaggHandler(String decode, String prefill, boolean prefillFirst, Optional<Decider> decider) {
        this.decode = decode;
        this.prefill = prefill;
        this.prefillFirst = prefillFirst;
        this.decider = decider;
    }

    static DisaggHandler of(DisaggConfig config, PluginContext context) {
        return new DisaggHandler(
                config.decode(),
                config.prefill(),
                config.stageOrder().equals("prefill-first"),
                config.decider().map(name -> context.reference(name, Decider.class)));
    }

    static DisaggHandler of(PdConfig config, PluginContext context) {
        return new DisaggHandler(
                config.decodeProfile(),
                config.prefillProfile(),
                false,
                config.deciderPluginName()
                        .map(name -> context.reference(name, Decider.class))
                        .or(() ->
                                config.threshold().isPresent() ? Optional.of(new AlwaysDecider()) : Optional.empty()));
    }

    @Override
    public Optional<String> next(Request request, Stages stages) {
        List<String> done = stages.done();
        boolean both = request.splittable() && stages.profiles().contains(prefill);
        if (done.isEmpty()) {
            return Optional.of(prefillFirst && both ? prefill : decode);
        } else if (!done.contains(decode)) {
            return Optional.of(decode);
        } else if (!both || prefillFirst || done.contains(prefill)) {
            return Optional.empty();
        }
        int chosen = stages.picked(decode);
        boolean wanted = chosen >= 0
                && decider.isPresent()
                && (decider.get().pairs() || decider.get().disaggregate(request, stages.candidates(decode), chosen));
        return wanted ? Optional.of(prefill) : Optional.empty();
    }

    /** Not called: the other one is. */
    @Override
    public Optional<String> next(Request request, List<String> profiles, List<String> done) {
        return done.isEmpty() ? Optional.of(decode) : Optional.empty();
    }

    @Override
    public String primary(Request request, List<String> done) {
        return decode;
    }

    @Override
    public Optional<String> prefill(Request request, List<String> done) {
        return done.contains(prefill) ? Optional.of(prefill) : Optional.empty();
    }

    @Override
    public Optional<Split> split(Request request, Pairs pairs) {
        return decider.filter(Decider::pairs).map(d -> d.split(request, pairs));
    }
}
