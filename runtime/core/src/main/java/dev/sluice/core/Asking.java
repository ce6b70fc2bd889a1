package dev.sluice.core;

import dev.sluice.core.Policy.Named;
import dev.sluice.core.Policy.Weighted;
import dev.sluice.spi.Admission;
import dev.sluice.spi.Attributes;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Part;
import dev.sluice.spi.Picker;
import dev.sluice.spi.Producer;
import dev.sluice.spi.ProfileHandler;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.SourcePicker;
import dev.sluice.spi.Split;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Asks the parts of a policy, in one decision. The one place where their code is called: what it throws costs it its vote.
 * {@link OnceAsked} parts are asked when the decision is made for the first time and their answers written down; when it
 * is made again, the answers are read instead.
 */
final class Asking {
    private final RoutingRequest request;
    private final Faults faults;
    private final @Nullable Votes given;
    private final @Nullable Trail trail;
    private Votes cast = Votes.NONE;
    private final Placement placement;

    /** @param given answers of the time before; null when there was none */
    Asking(Placement placement, Faults faults, @Nullable Votes given, @Nullable Trail trail) {
        this.placement = placement;
        this.request = placement.request();
        this.faults = faults;
        this.given = given;
        this.trail = trail;
    }

    RoutingRequest request() {
        return request;
    }

    /** What was answered, to be kept with the decision. */
    Votes votes() {
        return given == null ? cast : given;
    }

    private Votes book() {
        if (cast == Votes.NONE) {
            cast = Votes.of(placement.snapshot());
        }
        return cast;
    }

    void produce(Named<Producer> producer, CandidateSet all) {
        if (!once(producer.part())) {
            guard("producer", "", producer.name(), () -> producer.part().produce(request, all, all));
        } else if (given != null) {
            guard("producer", "", producer.name(), () -> given.giveWritten(producer.name(), all));
        } else {
            Written written = new Written(all, placement.snapshot().size());
            if (guard("producer", "", producer.name(), () -> producer.part().produce(request, all, written))) {
                book().written(producer.name(), written.byRow);
                book().giveWritten(producer.name(), all);
            }
        }
    }

    Optional<String> refuse(Named<Admission> admission, CandidateSet all) {
        return said(
                "admission",
                "",
                admission.name(),
                admission.part(),
                () -> admission.part().refuse(request, all));
    }

    Optional<String> next(Named<ProfileHandler> handler, StageSet stages) {
        String step = "next " + stages.done().size();
        return said(
                "profile-handler",
                step,
                handler.name(),
                handler.part(),
                () -> handler.part().next(request, stages));
    }

    /** Name of the profile whose pick computes the prompt, out of these. */
    Optional<String> prefill(Named<ProfileHandler> handler, List<String> done) {
        return said(
                "profile-handler",
                "prefill " + String.join(",", done),
                handler.name(),
                handler.part(),
                () -> handler.part().prefill(request, List.copyOf(done)));
    }

    /** Both places together; empty when the handler leaves it at what its profiles picked, or has failed. */
    Optional<Split> split(Named<ProfileHandler> handler, PairSet pairs) {
        boolean once = handler.part() instanceof OnceAsked;
        List<Split> said = new ArrayList<>(1);
        boolean ok = guard("profile-handler", "split", handler.name(), () -> {
            Optional<Split> answer = once && given != null
                    ? given.givePaired(handler.name(), pairs)
                    : handler.part().split(request, pairs);
            answer.ifPresent(said::add);
        });
        Optional<Split> answer = said.stream().findFirst();
        if (answer.isPresent() && !pairs.has(answer.get())) {
            fault("profile-handler", handler.name(), "chose a pair that is none: " + answer.get());
            answer = Optional.empty();
        }
        if (ok && once && given == null) {
            book().paired(handler.name(), pairs, answer);
        }
        return answer;
    }

    /** Id of the endpoint that a beginning of the prompt is fetched from; empty for none. */
    Optional<String> source(Named<SourcePicker> picker, CandidateSet sources, Endpoint computing, double held) {
        return said("source-picker", "", picker.name(), picker.part(), () -> {
            int index = picker.part().source(request, sources, computing, held);
            return index < 0
                    ? Optional.empty()
                    : Optional.of(sources.endpoint(index).id());
        });
    }

    Optional<String> primary(Named<ProfileHandler> handler, List<String> done) {
        return said(
                "profile-handler",
                "primary",
                handler.name(),
                handler.part(),
                () -> Optional.of(handler.part().primary(request, List.copyOf(done))));
    }

    private Optional<String> said(String point, String step, String name, Part part, Supplier<Optional<String>> ask) {
        List<String> answers = new ArrayList<>(1);
        boolean once = once(part);
        boolean ok = guard(point, step, name, () -> {
            Optional<String> answer = once && given != null ? given.giveSaid(point, step, name) : ask.get();
            answer.ifPresent(answers::add);
        });
        Optional<String> answer = answers.stream().findFirst();
        if (ok && once && given == null) {
            book().said(point, step, name, answer);
        }
        return answer;
    }

    boolean filter(String profile, Named<Filter> filter, CandidateSet set, boolean[] keep) {
        String name = filter.name();
        if (!once(filter.part())) {
            return guard("filter", profile, name, () -> filter.part().filter(request, set, keep));
        } else if (given != null) {
            return guard("filter", profile, name, () -> given.giveKept(profile, name, set, keep));
        }
        boolean ok = guard("filter", profile, name, () -> filter.part().filter(request, set, keep));
        if (ok) {
            book().kept(profile, name, set, keep);
        }
        return ok;
    }

    /** Asks those scorers of a profile that answer elsewhere; what comes back is for {@link #score}, by position. */
    List<RemoteScorer.Answer> askRemote(List<Weighted> scorers, CandidateSet set) {
        if (given != null) {
            return List.of();
        }
        List<RemoteScorer> remote = List.of();
        for (Weighted weighted : scorers) {
            if (weighted.scorer().part() instanceof RemoteScorer scorer) {
                remote = remote.isEmpty() ? new ArrayList<>(scorers.size()) : remote;
                remote.add(scorer);
            }
        }
        return remote.isEmpty() ? List.of() : remote.getFirst().ask(remote, request, set);
    }

    /** @param answer what {@link #askRemote} gave for this scorer; null when it gave none */
    boolean score(
            String profile,
            Named<Scorer> scorer,
            CandidateSet set,
            double[] scores,
            RemoteScorer.@Nullable Answer answer) {
        String name = scorer.name();
        boolean once = once(scorer.part());
        if (once && given != null) {
            return guard("scorer", profile, name, () -> given.giveScores(profile, name, set, scores));
        }
        boolean ok = guard("scorer", profile, name, () -> {
            if (answer == null) {
                scorer.part().score(request, set, scores);
            } else {
                answer.await(scores);
            }
        });
        if (ok && once) {
            book().scores(profile, name, set, scores);
        }
        return ok;
    }

    /** How many were picked; negative when the picker failed. */
    int pick(
            String profile,
            Named<Picker> picker,
            CandidateSet set,
            double[] totals,
            int[] order,
            RandomGenerator random) {
        String name = picker.name();
        boolean once = once(picker.part());
        // A generator of its own: one that is late, or is not asked again, must not change what others draw.
        RandomGenerator its = once ? new SplittableRandom(random.nextLong()) : random;
        int[] count = {0};
        boolean ok = guard(
                "picker",
                profile,
                name,
                () -> count[0] = once && given != null
                        ? given.giveOrder(profile, name, set, order)
                        : picker.part().pick(request, set, totals, order, its));
        if (ok && once && given == null) {
            book().order(profile, name, set, order, count[0]);
        }
        return ok ? count[0] : -1;
    }

    /** Whether an answer can't be had again. */
    private static boolean once(Part part) {
        return part instanceof OnceAsked || part.stateful();
    }

    /** A part answered with something that can't be. */
    void fault(String point, String name, String what) {
        faults.fault(point, name, new IllegalStateException(what));
    }

    /** Asks for terms of an explanation; what goes wrong there is nobody's loss. */
    void explain(Runnable ask) {
        try {
            ask.run();
        } catch (StackOverflowError | LinkageError | RuntimeException nothingToTell) {
            // The explanation does without.
        }
    }

    /** Runs a plugin's code; anything it throws is its own fault, but for errors of the machine itself. */
    private boolean guard(String point, String profile, String name, Runnable call) {
        String reason;
        try {
            call.run();
            return true;
        } catch (Abstained abstained) {
            reason = abstained.reason();
            if (given == null) {
                book().silent(point, profile, name, reason);
            }
        } catch (Throwable fault) {
            if (fault instanceof VirtualMachineError machine && !(fault instanceof StackOverflowError)) {
                throw machine;
            }
            faults.fault(point, name, fault);
            reason = fault.toString();
        }
        if (trail != null) {
            trail.abstained.put(name, reason);
        }
        return false;
    }

    /** What a producer writes, kept apart until it is known to be whole. */
    private static final class Written implements Attributes {
        private final CandidateSet set;
        private final int rows;
        private final Map<String, double[]> byRow = new LinkedHashMap<>();

        Written(CandidateSet set, int rows) {
            this.set = set;
            this.rows = rows;
        }

        @Override
        public void set(int candidate, String name, double value) {
            double[] values = byRow.computeIfAbsent(name, n -> {
                double[] fresh = new double[rows];
                Arrays.fill(fresh, Double.NaN);
                return fresh;
            });
            values[set.row(candidate)] = value;
        }
    }
}
