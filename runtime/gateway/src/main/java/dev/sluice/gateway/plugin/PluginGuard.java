package dev.sluice.gateway.plugin;

import dev.sluice.gateway.metrics.Meters;
import dev.sluice.spi.Admission;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Decider;
import dev.sluice.spi.Extractor;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Observer;
import dev.sluice.spi.Part;
import dev.sluice.spi.Picker;
import dev.sluice.spi.Producer;
import dev.sluice.spi.ProfileHandler;
import dev.sluice.spi.ResponseHeaderWriter;
import dev.sluice.spi.SaturationDetector;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.SessionKey;
import dev.sluice.spi.SourcePicker;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Puts a guard before every instance of a policy. The gateway's own are called where they stand and counted; those of
 * third parties run on {@link PluginWorkers} with a budget, a breaker and a check of what they answer.
 *
 * @param budget how long a decision waits for a third party's instance
 */
public record PluginGuard(Duration budget, Meters meters, PluginWorkers workers) {
    private static final Pattern WORDS = Pattern.compile("(?<=[a-z])(?=[A-Z])");

    /** All that a guarded part needs to know of where it stands. */
    record Seat(
            String point,
            String name,
            Lane lane,
            ClassLoader loader,
            CallStats stats,
            PluginWorkers workers,
            long budgetNanos) {}

    /** The gateway's own instance, as one of its kinds. */
    public <P extends Part> P own(Class<P> kind, String type, String name, P part) {
        String point = point(kind);
        CallStats stats = new CallStats(meters.plugin(point, type, name));
        Part watched = part;
        // Not a switch: a class would be made for it at each start.
        if (kind == Scorer.class && part instanceof Scorer scorer) {
            watched = new Metered.OfScorer(name, stats, scorer);
        } else if (kind == Filter.class && part instanceof Filter filter) {
            watched = new Metered.OfFilter(name, stats, filter);
        } else if (kind == Picker.class && part instanceof Picker picker) {
            watched = new Metered.OfPicker(name, stats, picker);
        }
        return kind.cast(watched);
    }

    /** A third party's instance, as one of its kinds. */
    public <P extends Part> P thirdParty(Class<P> kind, String type, String name, P part, LoadedPlugin plugin) {
        Seat seat = seat(point(kind), type, name, plugin);
        Part guarded = switch (part) {
            case Scorer scorer when kind == Scorer.class -> new GuardedScorer(seat, scorer);
            case Filter filter when kind == Filter.class -> new Guarded.OfFilter(seat, filter);
            case Picker picker when kind == Picker.class -> new Guarded.OfPicker(seat, picker);
            case Producer producer when kind == Producer.class -> new Guarded.OfProducer(seat, producer);
            case Admission admission when kind == Admission.class -> new Guarded.OfAdmission(seat, admission);
            case ProfileHandler handler
            when kind == ProfileHandler.class -> new Guarded.OfProfileHandler(seat, handler);
            case Decider decider when kind == Decider.class -> new Guarded.OfDecider(seat, decider);
            case Connector connector when kind == Connector.class -> new GuardedConnector(seat, connector);
            case SessionKey key when kind == SessionKey.class -> new Guarded.OfSessionKey(seat, key);
            case SaturationDetector detector
            when kind == SaturationDetector.class -> new Guarded.OfSaturationDetector(seat, detector);
            case Observer observer when kind == Observer.class -> new GuardedObserver(seat, observer);
            case ResponseHeaderWriter writer
            when kind == ResponseHeaderWriter.class -> new Guarded.OfResponseHeaderWriter(seat, writer);
            case SourcePicker picker when kind == SourcePicker.class -> new Guarded.OfSourcePicker(seat, picker);
            default -> throw new IllegalArgumentException("no guard for " + kind);
        };
        return kind.cast(guarded);
    }

    /** An extractor, the gateway's own or a third party's. */
    public PageExtractor extractor(String type, String name, Extractor part, Optional<LoadedPlugin> plugin) {
        String point = point(Extractor.class);
        return plugin.isPresent()
                ? new PageExtractor.Guarded(seat(point, type, name, plugin.get()), part)
                : new PageExtractor.Own(name, new CallStats(meters.plugin(point, type, name)), part);
    }

    private Seat seat(String point, String type, String name, LoadedPlugin plugin) {
        return new Seat(
                point,
                name,
                plugin.lane(),
                plugin.loader(),
                new CallStats(meters.plugin(point, type, name)),
                workers,
                budget.toNanos());
    }

    /** The kind's name as metrics have it: {@code profile-handler}. */
    private static String point(Class<? extends Part> kind) {
        return WORDS.matcher(kind.getSimpleName()).replaceAll("-").toLowerCase(Locale.ROOT);
    }
}
