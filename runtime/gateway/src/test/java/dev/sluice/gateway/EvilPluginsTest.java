package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.core.RoutingRequest;
import dev.sluice.gateway.plugin.PluginJar;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Plugins that do what plugins must not do, compiled here, in front of real traffic: no request fails, and soon nobody
 * waits for them any more. Times are asserted with ten times the room that they need, as the machine may be busy; what
 * was measured on a quiet one stands in the docs.
 */
@Timeout(240)
class EvilPluginsTest {
    private static final String ANSWER =
            "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}],"
                    + "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1,\"total_tokens\":10}}";
    private static final String STOP = "sluice.test.stop";
    private static final double BUDGET_MS = 2;
    private static final double ROOM = Double.parseDouble(System.getProperty("sluice.test.room", "10"));
    private static final String SCORE = "public void score(Request r, Candidates c, double[] s) ";

    @TempDir
    Path dir;

    /**
     * @param kind the SPI type
     * @param members of the class
     * @param slackMs what p99 may be above the budget, once it is over with
     * @param reason part of what the explanation or {@code /plugins} says
     */
    record Evil(String name, String kind, String members, double slackMs, String reason) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Evil> evils() {
        return List.of(
                scorer("fails", "{ throw new IllegalStateException(\"no\"); }", "IllegalStateException: no"),
                scorer("errs", "{ throw new AssertionError(\"never\"); }", "AssertionError: never"),
                scorer(
                        "sneaks",
                        "{ sneak(new java.io.IOException(\"disk\")); } @SuppressWarnings(\"unchecked\") static <T extends"
                                + " Throwable> void sneak(Throwable t) throws T { throw (T) t; }",
                        "IOException: disk"),
                scorer("recurses", "{ score(r, c, s); }", "StackOverflowError"),
                scorer("lacks-a-class", "{ vendor.absent.Gone.go(); }", "NoClassDefFoundError"),
                scorer(
                        "hoards",
                        "{ long[] much = new long[Integer.MAX_VALUE]; s[0] = much.length; }",
                        "OutOfMemoryError"),
                spinner("spins", "{ while (System.getProperty(\"" + STOP + "\") == null) { } }"),
                spinner(
                        "is-deaf",
                        "{ while (System.getProperty(\"" + STOP
                                + "\") == null) { try { Thread.sleep(50); } catch (InterruptedException e) { } } }"),
                scorer("sleeps", "{ try { Thread.sleep(300); } catch (InterruptedException e) { } }", " within "),
                scorer("writes-beyond", "{ s[s.length] = 1; }", "ArrayIndexOutOfBounds"),
                scorer("is-nowhere", "{ Arrays.fill(s, Double.POSITIVE_INFINITY); s[0] = -1e300; }", ""),
                scorer("knows-nothing", "{ Arrays.fill(s, Double.NaN); }", ""),
                scorer(
                        "mumbles",
                        "{ throw new RuntimeException() { public String getMessage() { throw this; } }; }",
                        "can't even say"),
                scorer(
                        "meddles",
                        "{ Thread.currentThread().interrupt(); Thread.currentThread().setContextClassLoader(null);"
                                + " Thread.currentThread().setName(\"mine\"); Thread.currentThread().setPriority(1); }",
                        ""),
                scorer(
                        "keeps-what-it-is-given",
                        "{ new Thread(() -> { while (System.getProperty(\"" + STOP + "\") == null) { Arrays.fill(s, 9);"
                                + " c.size(); r.header(\"x\"); try { Thread.sleep(5); } catch (InterruptedException e) {"
                                + " return; } } }).start(); }",
                        ""),
                part(
                        "Filter",
                        "filters-late",
                        "public void filter(Request r, Candidates c, boolean[] k) { Arrays.fill(k,"
                                + " false); try { Thread.sleep(300); } catch (InterruptedException e) { } }",
                        " within "),
                part(
                        "Filter",
                        "filters-all",
                        "public void filter(Request r, Candidates c, boolean[] k) { Arrays.fill(k," + " false); }",
                        ""),
                part(
                        "Picker",
                        "picks-nobody",
                        "public int pick(Request r, Candidates c, double[] t, int[] o,"
                                + " RandomGenerator g) { o[0] = 99; return 1; }",
                        "picked what is no candidate"),
                part(
                        "Picker",
                        "picks-too-many",
                        "public int pick(Request r, Candidates c, double[] t, int[] o,"
                                + " RandomGenerator g) { return 1_000_000; }",
                        "picked what is no candidate"),
                part(
                        "Producer",
                        "produces-nonsense",
                        "public void produce(Request r, Candidates c, Attributes out) {"
                                + " out.set(c.size() + 3, \"x\", 1); }",
                        "ArrayIndexOutOfBounds"),
                part(
                        "Admission",
                        "refuses-with-null",
                        "public Optional<String> refuse(Request r, Candidates c) { return" + " null; }",
                        "NullPointerException"));
    }

    private static Evil scorer(String name, String body, String reason) {
        return new Evil(name, "Scorer", SCORE + body, 1, reason);
    }

    private static Evil spinner(String name, String body) {
        return new Evil(name, "Scorer", SCORE + body, 5, "does not end, its thread is lost");
    }

    private static Evil part(String kind, String name, String members, String reason) {
        return new Evil(name, kind, members, 1, reason);
    }

    @AfterEach
    void letGo() {
        System.setProperty(STOP, "now");
    }

    @ParameterizedTest
    @MethodSource("evils")
    void noRequestFailsAndSoonNobodyWaits(Evil evil) throws Exception {
        System.clearProperty(STOP);
        Path plugins = dir.resolve("plugins");
        PluginJar jar = PluginJar.part(evil.name, "the-evil", evil.kind, evil.members);
        if (evil.name.equals("lacks-a-class")) {
            jar.againstSource(
                    "vendor.absent.Gone",
                    "package vendor.absent; public class Gone { public static void go() {" + " } }");
        }
        jar.into(plugins, evil.name);
        String top = "plugins: {directory: plugins}\nrouting: {r: {plugins: [{type: the-evil, name: evil}, {type:"
                + " active-request-scorer}]}}\n";
        try (ScriptedEngine one = engine();
                ScriptedEngine two = engine();
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(one, two), "routing: r", top)) {
            String first = "";
            for (HttpResponse<String> answer : requests(gateway, 40)) {
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.body()).isEqualTo(ANSWER);
                first = answer.headers().firstValue("x-sluice-id").orElseThrow();
            }
            double limit = ROOM * (BUDGET_MS + evil.slackMs);
            assertThat(recovered(gateway, limit))
                    .as("p99 of 200 decisions in a row below %s ms", limit)
                    .isTrue();
            for (HttpResponse<String> answer : requests(gateway, 20)) {
                assertThat(answer.statusCode()).isEqualTo(200);
            }
            awaitTold(gateway, evil.reason);
            JsonNode why = new ObjectMapper()
                    .readTree(gateway.admin("/explain/" + first).body());
            assertThat(why.get("picked").asText()).isNotEmpty();
            gateway.awaitIdle();
        }
    }

    private static ScriptedEngine engine() throws Exception {
        return new ScriptedEngine("base").does((q, out) -> ScriptedEngine.whole(out, 200, ANSWER));
    }

    private static List<HttpResponse<String>> requests(GatewayFixture gateway, int count) throws Exception {
        List<HttpResponse<String>> answers = new ArrayList<>();
        try (ExecutorService clients = Executors.newFixedThreadPool(4)) {
            List<Callable<HttpResponse<String>>> calls = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                calls.add(() -> gateway.post(GatewayFixture.CHAT, GatewayFixture.chat(false)));
            }
            for (Future<HttpResponse<String>> answer : clients.invokeAll(calls)) {
                answers.add(answer.get());
            }
        }
        return answers;
    }

    /** True when 200 decisions in a row had a p99 below the limit, within ten times the second that it may take. */
    private static boolean recovered(GatewayFixture gateway, double limitMs) {
        LivePool pool =
                gateway.gateway.runtime().settings.table().pools().getFirst().pool();
        Ask ask = new Ask(Asks.request(), new long[0], 0, Set.of(), 1);
        long end = System.nanoTime() + (long) (ROOM * 1e9);
        do {
            double[] millis = new double[200];
            for (int i = 0; i < millis.length; i++) {
                long begun = System.nanoTime();
                pool.rehearse(ask);
                millis[i] = (System.nanoTime() - begun) / 1e6;
            }
            Arrays.sort(millis);
            if (millis[197] <= limitMs) {
                return true;
            }
        } while (System.nanoTime() < end);
        return false;
    }

    /** A thread counts as lost only after a while; and where the machine is busy, anything may be too late first. */
    private static void awaitTold(GatewayFixture gateway, String reason) throws Exception {
        long end = System.nanoTime() + 10_000_000_000L;
        String told = told(gateway);
        while (!told.contains(reason) && System.nanoTime() < end) {
            if (told.contains(" within ") && !reason.contains("thread is lost")) {
                return;
            }
            LockSupport.parkNanos(5_000_000);
            told = told(gateway);
        }
        assertThat(told).contains(reason);
    }

    private static String told(GatewayFixture gateway) throws Exception {
        JsonNode rows = new ObjectMapper().readTree(gateway.admin("/plugins").body());
        for (JsonNode plugin : rows) {
            if (plugin.get("state").asText().equals("loaded")) {
                JsonNode instance = plugin.at("/types/0/instances/0");
                assertThat(instance.get("name").asText()).isEqualTo("evil");
                assertThat(instance.at("/points/0/calls").size()).isPositive();
                return instance.at("/points/0/lastFault").asText();
            }
        }
        throw new AssertionError(rows.toString());
    }

    /** What is asked when nobody asks. */
    private static final class Asks {
        static RoutingRequest request() {
            return new RoutingRequest(
                    "probe",
                    "anonymous",
                    "base",
                    GatewayFixture.CHAT,
                    name -> Optional.empty(),
                    Optional.empty(),
                    0,
                    10,
                    0,
                    10,
                    16,
                    false,
                    () -> "");
        }
    }
}
