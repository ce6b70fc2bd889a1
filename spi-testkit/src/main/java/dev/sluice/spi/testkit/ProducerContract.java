package dev.sluice.spi.testkit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.spi.Producer;
import dev.sluice.spi.Request;
import java.util.ArrayList;
import java.util.List;

/**
 * The contract of a {@link Producer}.
 *
 * @param <C> the type's configuration
 */
public abstract class ProducerContract<C extends Record> extends PartContract<C, Producer> {
    /** For sub-classes. */
    protected ProducerContract() {
        super(Producer.class);
    }

    @Override
    final List<?> ask(Producer part, Request request, TestCandidates candidates) {
        int size = candidates.size();
        TestCandidates written = candidates.copy();
        part.produce(request, candidates, (candidate, name, value) -> {
            assertTrue(
                    candidate >= 0 && candidate < size,
                    () -> "wrote " + name + " of candidate " + candidate + ", there are " + size);
            assertTrue(!name.isBlank(), "wrote an attribute without a name");
            assertTrue(!Double.isInfinite(value), () -> name + " is " + value + ": NaN means unknown");
            written.set(candidate, name, value);
        });
        List<Object> answer = new ArrayList<>();
        for (String name : written.attributeNames()) {
            answer.add(name);
            for (int i = 0; i < size; i++) {
                answer.add(written.attribute(i, name));
            }
        }
        return answer;
    }

    /** The candidates with what it writes. */
    protected final TestCandidates produced(Request request, TestCandidates candidates) {
        Producer part = part();
        try {
            TestCandidates written = candidates.copy();
            part.produce(request, candidates, written);
            return written;
        } finally {
            part.close();
        }
    }
}
