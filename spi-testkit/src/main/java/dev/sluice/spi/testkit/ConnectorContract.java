package dev.sluice.spi.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.spi.Connector;
import dev.sluice.spi.Connector.Order;
import dev.sluice.spi.Edit;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Leg;
import dev.sluice.spi.Part;
import dev.sluice.spi.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The contract of a {@link Connector}: a decode engine is told nothing, or all that it needs; what the client asked for stays;
 * two attempts never share what is handed over; and whatever an engine answers, the connector lives.
 *
 * @param <C> the type's configuration
 */
public abstract class ConnectorContract<C extends Record> extends FactoryContract<C> {
    static final String PARAMS = "kv_transfer_params";

    /** What the prompt is made of; both engines get the same. */
    private static final Set<String> PROMPT = Set.of(
            "model", "messages", "prompt", "input", "token_ids", "tools", "documents", "chat_template", "cache_salt");

    private static final List<String> ODD_VALUES = List.of(
            "null",
            "0",
            "-1",
            "1e999",
            "true",
            "\"\"",
            "\"no\"",
            "[]",
            "[[]]",
            "[null]",
            "{}",
            "{\"a\":{\"b\":[{}]}}",
            "\"\\u0000\\\"}{\"");

    /** For sub-classes. */
    protected ConnectorContract() {}

    /** What the prefill engine of a healthy exchange answers. */
    protected TestAnswer prefillAnswer() {
        return TestAnswer.of("{\"id\":\"x\",\"choices\":[],\"usage\":{\"prompt_tokens\":5}}");
    }

    /** Members of that answer's {@code kv_transfer_params} without which a decode engine must not be told anything. */
    protected List<String> needed() {
        return List.of();
    }

    /** What is to be remembered of a prefill engine before legs can be made; empty when nothing is. */
    protected Optional<TestAnswer> known() {
        return Optional.empty();
    }

    /** Handovers that it must cope with. */
    protected List<TestHandover> handovers() {
        Endpoint six = new Endpoint("six", "[2001:db8::1]:8000", Role.BOTH, Map.of("zone", "a"));
        Endpoint third = new Endpoint("t", "10.0.0.3:8000", Role.BOTH, Map.of("sluice.dev/kv-port", "x"));
        TestHandover chat = TestHandover.CHAT.knowing(known());
        return List.of(
                chat,
                chat.from(third),
                chat.between(six, chat.decode()),
                chat.between(six, six),
                chat.on("/v1/completions", Set.of("model", "prompt", "max_tokens", "stop")),
                chat.on("/v1/responses", Set.of("model", "input", "max_output_tokens", "store")),
                chat.on("/v1/messages", Set.of("model", "messages", "max_tokens", "system")),
                chat.on("/inference/v1/generate", Set.of("token_ids", "sampling_params", "stream")),
                chat.again("slc.0002-" + "x".repeat(60), Long.MAX_VALUE));
    }

    private interface Use {
        void use(Connector connector);
    }

    private void with(Use use) {
        Part made = create();
        assertTrue(made instanceof Connector, () -> factory().type() + " makes no Connector");
        try {
            use.use((Connector) made);
        } finally {
            made.close();
        }
    }

    private Optional<Order> order(Connector connector, TestHandover handover) {
        Optional<Order> order = connector.order(handover);
        assertNotNull(order, "null instead of an Optional");
        return order;
    }

    private Optional<Leg> decode(Connector connector, TestHandover handover, TestAnswer answer) {
        boolean serial = order(connector, handover).equals(Optional.of(Order.SERIAL));
        Optional<Leg> leg = connector.decode(handover, serial ? Optional.of(answer) : Optional.empty());
        assertNotNull(leg, "null instead of an Optional");
        return leg;
    }

    @Test
    final void theTraitsMakeSenseAndStay() {
        with(connector -> {
            Connector.Traits traits = connector.traits();
            assertNotNull(traits, "no traits");
            assertFalse(traits.lease().isNegative(), "a lease can't be negative");
            assertEquals(traits, connector.traits(), "asked again, it has other traits");
            for (TestHandover handover : handovers()) {
                Optional<Order> order = order(connector, handover);
                assertTrue(
                        !traits.delegated() || order.equals(Optional.of(Order.DELEGATED)),
                        () -> "its traits say that another proxy makes the legs, its order is " + order);
                assertTrue(
                        traits.pulls() || connector.pull(handover).isEmpty(),
                        "its traits say that nothing is pulled, and it makes a leg that does");
            }
        });
    }

    @Test
    final void aHealthyExchangeIsHandedOver() {
        with(connector -> {
            for (TestHandover handover : handovers()) {
                assertTrue(order(connector, handover).isPresent(), () -> "there is no way for " + handover);
                assertTrue(
                        decode(connector, handover, prefillAnswer()).isPresent(),
                        () -> "the decode engine is told nothing for " + handover);
            }
        });
    }

    @Test
    final void theSameHandoverGetsTheSameLegs() {
        with(one -> with(other -> {
            for (TestHandover handover : handovers()) {
                List<?> first = legs(one, handover, prefillAnswer());
                assertEquals(first, legs(one, handover, prefillAnswer()), "asked again, it makes other legs");
                assertEquals(first, legs(other, handover, prefillAnswer()), "another instance makes other legs");
            }
        }));
    }

    private List<?> legs(Connector connector, TestHandover handover, TestAnswer answer) {
        Optional<Order> order = order(connector, handover);
        List<Object> all = new ArrayList<>(List.of(order, decode(connector, handover, answer)));
        if (order.isPresent() && order.get() != Order.DELEGATED) {
            all.add(connector.prefill(handover));
        }
        all.add(connector.pull(handover));
        all.add(connector.remember(answer));
        return all;
    }

    @Test
    final void whatTheClientSaidStays() {
        with(connector -> {
            for (TestHandover handover : handovers()) {
                Optional<Order> order = order(connector, handover);
                if (order.isPresent() && order.get() != Order.DELEGATED) {
                    Set<List<String>> allowed = handover.oneToken().stream()
                            .map(ConnectorContract::place)
                            .collect(Collectors.toSet());
                    keeps(handover, connector.prefill(handover), allowed, "prefill");
                }
                decode(connector, handover, prefillAnswer()).ifPresent(leg -> keeps(handover, leg, Set.of(), "decode"));
                connector.pull(handover).ifPresent(leg -> keeps(handover, leg, Set.of(), "pull"));
            }
        });
    }

    private static List<String> place(Edit edit) {
        List<String> place = new ArrayList<>(edit.inside());
        place.add(edit.name());
        return place;
    }

    private static void keeps(TestHandover handover, Leg leg, Set<List<String>> allowed, String which) {
        for (Edit edit : leg.edits()) {
            List<String> place = place(edit);
            assertFalse(PROMPT.contains(place.getFirst()), () -> "the " + which + " leg changes the prompt: " + place);
            boolean own = edit.name().equals(PARAMS) || !handover.has(place.getFirst());
            assertTrue(
                    own || allowed.contains(place),
                    () -> "the " + which + " leg changes what the client said: " + String.join(".", place));
        }
    }

    @Test
    final void legsAreWellFormed() {
        with(connector -> {
            for (TestHandover handover : handovers()) {
                for (Object part : legs(connector, handover, prefillAnswer())) {
                    Object inner = part instanceof Optional<?> optional && optional.isPresent() ? optional.get() : part;
                    if (inner instanceof Leg leg) {
                        wellFormed(leg);
                    }
                }
            }
        });
    }

    private static void wellFormed(Leg leg) {
        for (Edit edit : leg.edits()) {
            edit.json()
                    .ifPresent(json -> assertTrue(
                            TestJson.isValue(json), () -> edit.name() + " is set to what is no JSON value: " + json));
        }
        leg.headers().forEach((name, value) -> {
            assertTrue(name.matches("[a-z0-9-]+"), () -> "\"" + name + "\" is no lower-case header name");
            assertTrue(
                    value.chars().allMatch(c -> c >= ' ' && c < 127), () -> "header " + name + " has odd characters");
            assertFalse(
                    Set.of("content-length", "transfer-encoding", "host", "authorization", "x-request-id")
                            .contains(name),
                    () -> "header " + name + " is the gateway's");
        });
    }

    /** The members of the parameters that a leg sets at the top of the body. */
    private static Map<String, String> params(Leg leg) {
        return leg.edits().stream()
                .filter(edit -> edit.inside().isEmpty() && edit.name().equals(PARAMS))
                .flatMap(edit -> edit.json().stream())
                .reduce((first, last) -> last)
                .flatMap(TestJson::members)
                .orElse(Map.of());
    }

    @Test
    final void partsOfWhatIsNeededAreNeverHandedOver() {
        with(connector -> {
            for (TestHandover handover : handovers()) {
                for (String name : needed()) {
                    // An attempt that went well comes first: nothing of it may be left.
                    Leg whole = decode(connector, handover.again("slc-before", 1), prefillAnswer())
                            .orElseThrow(() -> new AssertionError("a healthy exchange is not handed over"));
                    assertEquals(
                            prefillAnswer().json(PARAMS, name),
                            Optional.ofNullable(params(whole).get(name)),
                            () -> name + " is not handed over as it came");
                    for (String instead : new String[] {"", "null"}) {
                        TestAnswer less = less(name, instead);
                        assertTrue(
                                decode(connector, handover, less).isEmpty(),
                                () -> "the decode engine is told something without " + name + ": " + less.body());
                    }
                }
                if (!needed().isEmpty()) {
                    assertTrue(
                            decode(connector, handover, TestAnswer.of("{\"choices\":[]}"))
                                    .isEmpty(),
                            "the decode engine is told something when nothing was answered");
                }
            }
        });
    }

    /** The healthy answer with another value in the place of one parameter, or without it. */
    private TestAnswer less(String name, String instead) {
        StringBuilder params = new StringBuilder("{");
        prefillAnswer().names(PARAMS).forEach(member -> {
            String value = member.equals(name)
                    ? instead
                    : prefillAnswer().json(PARAMS, member).orElse("null");
            if (!value.isEmpty()) {
                params.append(params.length() > 1 ? "," : "")
                        .append(Edit.quote(member))
                        .append(':')
                        .append(value);
            }
        });
        return TestAnswer.of("{\"choices\":[],\"" + PARAMS + "\":" + params + "}}");
    }

    @Test
    final void twoAttemptsNeverShareWhatIsHandedOver() {
        with(connector -> {
            for (TestHandover handover : handovers()) {
                TestHandover next = handover.again("slc-next", handover.random() / 2 + 1);
                if (order(connector, handover).equals(Optional.of(Order.PARALLEL))) {
                    assertNotEquals(
                            connector.prefill(handover),
                            connector.prefill(next),
                            "the prefill engine is told the same for two attempts");
                }
                Optional<Leg> leg = decode(connector, handover, prefillAnswer());
                boolean ownWords = leg.isPresent()
                        && !leg.get().edits().isEmpty()
                        && leg.equals(decode(connector, handover, TestAnswer.of("{\"choices\":[]}")));
                assertTrue(
                        !ownWords || !leg.equals(decode(connector, next, prefillAnswer())),
                        "the decode engine is told the same for two attempts");
            }
        });
    }

    @Test
    final void whateverIsAnsweredIsTolerated() {
        with(connector -> {
            List<TestAnswer> odd = new ArrayList<>(List.of(TestAnswer.of(""), TestAnswer.of("[1]")));
            for (String value : ODD_VALUES) {
                odd.add(TestAnswer.of(value));
                odd.add(TestAnswer.of("{\"" + PARAMS + "\":" + value + "}"));
                odd.add(TestAnswer.of("{\"0\":{\"engine_id\":" + value + "}}"));
                prefillAnswer().names(PARAMS).forEach(name -> odd.add(less(name, value)));
            }
            odd.add(TestAnswer.of("{\"x\\ny\":{\"engine_id\":\"e\"}}"));
            odd.add(new TestAnswer(500, prefillAnswer().body()));
            for (TestHandover plain : handovers()) {
                for (TestAnswer answer : odd) {
                    TestHandover strange = plain.knowing(Optional.of(answer));
                    for (TestHandover handover : List.of(plain, strange, plain.knowing(Optional.empty()))) {
                        tolerated(connector, handover, answer);
                    }
                }
            }
        });
    }

    private void tolerated(Connector connector, TestHandover handover, TestAnswer answer) {
        Optional<Order> order = order(connector, handover);
        if (order.isPresent()) {
            decode(connector, handover, answer).ifPresent(ConnectorContract::wellFormed);
            if (order.get() != Order.DELEGATED) {
                wellFormed(connector.prefill(handover));
            }
        }
        connector.pull(handover).ifPresent(ConnectorContract::wellFormed);
        connector
                .remember(answer)
                .ifPresent(json -> assertTrue(
                        TestJson.members(json).isPresent(), () -> "remembers what is no JSON object: " + json));
        connector.query(handover.prefill()).ifPresent(query -> {
            assertTrue(query.port() > 0 && query.port() < 65536, () -> "asks port " + query.port());
            assertTrue(query.path().startsWith("/"), () -> "asks for " + query.path());
        });
    }
}
