package dev.sluice.gateway.plugin;

import dev.sluice.spi.Admission;
import dev.sluice.spi.Attributes;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.Choice;
import dev.sluice.spi.Decider;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Pairs;
import dev.sluice.spi.Picker;
import dev.sluice.spi.Producer;
import dev.sluice.spi.ProfileHandler;
import dev.sluice.spi.Request;
import dev.sluice.spi.ResponseHeaderWriter;
import dev.sluice.spi.ResponseHeaders;
import dev.sluice.spi.SaturationDetector;
import dev.sluice.spi.SessionKey;
import dev.sluice.spi.SourcePicker;
import dev.sluice.spi.Split;
import dev.sluice.spi.Stages;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** A third party's parts other than scorers: each is asked alone, since the next step needs its answer. */
final class Guarded {
    private static final int LONGEST_TEXT = 200;
    private static final int MOST_HEADERS = 16;

    private Guarded() {}

    static final class OfFilter extends GuardedPart<Filter> implements Filter {
        OfFilter(PluginGuard.Seat seat, Filter own) {
            super(seat, own);
        }

        @Override
        public void filter(Request request, Candidates candidates, boolean[] keep) {
            boolean[] buffer = keep.clone();
            ask(own -> own.filter(request, candidates, buffer));
            System.arraycopy(buffer, 0, keep, 0, keep.length);
        }

        @Override
        public void close() {}
    }

    static final class OfPicker extends GuardedPart<Picker> implements Picker {
        OfPicker(PluginGuard.Seat seat, Picker own) {
            super(seat, own);
        }

        @Override
        public int pick(Request request, Candidates candidates, double[] totals, int[] order, RandomGenerator random) {
            double[] copy = totals.clone();
            int[] buffer = new int[order.length];
            int[] count = {0};
            ask(own -> count[0] = own.pick(request, candidates, copy, buffer, random));
            boolean valid = count[0] >= 1 && count[0] <= buffer.length;
            for (int i = 0; valid && i < count[0]; i++) {
                valid = buffer[i] >= 0 && buffer[i] < buffer.length;
            }
            if (!valid) {
                throw wrong("picked what is no candidate: " + count[0] + " of " + buffer.length + ", "
                        + Arrays.toString(Arrays.copyOf(buffer, Math.clamp(count[0], 0, Math.min(4, buffer.length)))));
            }
            System.arraycopy(buffer, 0, order, 0, order.length);
            return count[0];
        }

        @Override
        public void close() {}
    }

    static final class OfProducer extends GuardedPart<Producer> implements Producer {
        OfProducer(PluginGuard.Seat seat, Producer own) {
            super(seat, own);
        }

        @Override
        public void produce(Request request, Candidates candidates, Attributes out) {
            Map<String, double[]> written = new LinkedHashMap<>();
            int size = candidates.size();
            ask(own -> own.produce(request, candidates, (candidate, name, value) -> {
                double[] values = written.computeIfAbsent(name, n -> unknown(size));
                values[candidate] = value;
            }));
            written.forEach((name, values) -> {
                for (int i = 0; i < size; i++) {
                    out.set(i, name, values[i]);
                }
            });
        }

        private static double[] unknown(int size) {
            double[] values = new double[size];
            Arrays.fill(values, Double.NaN);
            return values;
        }

        @Override
        public void close() {}
    }

    static final class OfAdmission extends GuardedPart<Admission> implements Admission {
        OfAdmission(PluginGuard.Seat seat, Admission own) {
            super(seat, own);
        }

        @Override
        public Optional<String> refuse(Request request, Candidates candidates) {
            Said said = new Said();
            ask(own -> said.text = cut(own.refuse(request, candidates)));
            return said.text;
        }

        @Override
        public void close() {}
    }

    static final class OfProfileHandler extends GuardedPart<ProfileHandler> implements ProfileHandler {
        OfProfileHandler(PluginGuard.Seat seat, ProfileHandler own) {
            super(seat, own);
        }

        @Override
        public Optional<String> next(Request request, List<String> profiles, List<String> done) {
            Said said = new Said();
            ask(own -> said.text = cut(own.next(request, profiles, done)));
            return said.text;
        }

        @Override
        public Optional<String> next(Request request, Stages stages) {
            Said said = new Said();
            ask(own -> said.text = cut(own.next(request, stages)));
            return said.text;
        }

        @Override
        public Optional<String> prefill(Request request, List<String> done) {
            Said said = new Said();
            ask(own -> said.text = cut(own.prefill(request, done)));
            return said.text;
        }

        @Override
        public Optional<Split> split(Request request, Pairs pairs) {
            List<Split> said = new ArrayList<>(1);
            ask(own -> own.split(request, pairs).ifPresent(said::add));
            return said.stream().findFirst();
        }

        @Override
        public String primary(Request request, List<String> done) {
            Said said = new Said();
            ask(own -> said.text = Optional.of(own.primary(request, done)));
            return said.text.orElse("");
        }

        @Override
        public void close() {}
    }

    static final class OfDecider extends GuardedPart<Decider> implements Decider {
        OfDecider(PluginGuard.Seat seat, Decider own) {
            super(seat, own);
        }

        @Override
        public boolean disaggregate(Request request, Candidates decode, int chosen) {
            boolean[] said = {false};
            ask(own -> said[0] = own.disaggregate(request, decode, chosen));
            return said[0];
        }

        @Override
        public boolean pairs() {
            boolean[] said = {false};
            ask(own -> said[0] = own.pairs());
            return said[0];
        }

        @Override
        public Split split(Request request, Pairs pairs) {
            List<Split> said = new ArrayList<>(1);
            ask(own -> said.add(own.split(request, pairs)));
            return said.getFirst();
        }

        @Override
        public void close() {}
    }

    static final class OfSessionKey extends GuardedPart<SessionKey> implements SessionKey {
        OfSessionKey(PluginGuard.Seat seat, SessionKey own) {
            super(seat, own);
        }

        @Override
        public Optional<String> key(Request request) {
            Said said = new Said();
            ask(own -> said.text = own.key(request).map(String::toString));
            return said.text;
        }

        @Override
        public void close() {}
    }

    static final class OfSaturationDetector extends GuardedPart<SaturationDetector> implements SaturationDetector {
        OfSaturationDetector(PluginGuard.Seat seat, SaturationDetector own) {
            super(seat, own);
        }

        @Override
        public double saturation(Candidates candidates) {
            double[] answer = {Double.NaN};
            ask(own -> answer[0] = own.saturation(candidates));
            if (answer[0] < 0 || answer[0] == Double.POSITIVE_INFINITY) {
                throw wrong("saturation " + answer[0] + " is not 0 or more");
            }
            return answer[0];
        }

        @Override
        public void close() {}
    }

    static final class OfSourcePicker extends GuardedPart<SourcePicker> implements SourcePicker {
        OfSourcePicker(PluginGuard.Seat seat, SourcePicker own) {
            super(seat, own);
        }

        @Override
        public int source(Request request, Candidates sources, Endpoint computing, double held) {
            int size = sources.size();
            int[] said = {-1};
            ask(own -> said[0] = own.source(request, sources, computing, held));
            if (said[0] >= size) {
                throw wrong("picked what is no source: " + said[0] + " of " + size);
            }
            return said[0];
        }

        @Override
        public void close() {}
    }

    static final class OfResponseHeaderWriter extends GuardedPart<ResponseHeaderWriter>
            implements ResponseHeaderWriter {
        OfResponseHeaderWriter(PluginGuard.Seat seat, ResponseHeaderWriter own) {
            super(seat, own);
        }

        @Override
        public void write(Request request, Choice choice, ResponseHeaders out) {
            Map<String, String> written = new LinkedHashMap<>();
            ask(own -> own.write(request, choice, (name, value) -> {
                if (written.size() < MOST_HEADERS || written.containsKey(name)) {
                    written.put(name, value);
                }
            }));
            try {
                written.forEach(out::set);
            } catch (IllegalArgumentException unfit) {
                throw wrong(Aside.words(unfit));
            }
        }

        @Override
        public void close() {}
    }

    private static final class Said {
        private Optional<String> text = Optional.empty();
    }

    private static Optional<String> cut(Optional<String> text) {
        return text.map(t -> t.length() > LONGEST_TEXT ? t.substring(0, LONGEST_TEXT) : t);
    }
}
