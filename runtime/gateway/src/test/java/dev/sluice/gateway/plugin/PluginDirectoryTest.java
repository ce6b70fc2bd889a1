package dev.sluice.gateway.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.gateway.plugin.PluginDirectory.Contents;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Factory;
import dev.sluice.spi.NoConfig;
import dev.sluice.spi.Part;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.Spi;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PluginDirectoryTest {
    private static final String HALF =
            "public void score(Request r, Candidates c, double[] s) { Arrays.fill(s, 0.5); }";

    @TempDir
    Path plugins;

    @Test
    void aGoodPluginIsLoadedAndSaysWhatItIs() throws Exception {
        PluginJar.scorer("zone", HALF).into(plugins, "zone");
        Contents contents = load();

        assertThat(contents.refused()).isEmpty();
        LoadedPlugin zone = contents.loaded().getFirst();
        assertThat(zone.id()).isEqualTo("zone");
        assertThat(zone.version()).isEqualTo("1.0.0");
        assertThat(zone.jars().getFirst().sha256()).hasSize(64);
        assertThat(zone.factories()).extracting(Factory::type).containsExactly("zone-scorer");
        Part part = create(zone);
        double[] scores = new double[3];
        ((Scorer) part).score(Nothing.REQUEST, Nothing.CANDIDATES, scores);
        assertThat(scores).containsOnly(0.5);
        assertThat(part.getClass().getClassLoader())
                .isSameAs(zone.loader())
                .isNotSameAs(getClass().getClassLoader());
    }

    @Test
    void whatIsWrongWithOneIsSaidAndTheOthersAreLoaded() throws Exception {
        PluginJar.scorer("good", HALF).into(plugins, "good");
        PluginJar.scorer("no-id", HALF).without("Sluice-Plugin-Id").into(plugins, "no-id");
        PluginJar.scorer("no-version", HALF).without("Sluice-Plugin-Version").into(plugins, "no-version");
        PluginJar.scorer("no-spi", HALF).without("Sluice-Spi").into(plugins, "no-spi");
        PluginJar.scorer("later", HALF).line("Sluice-Spi", "[2.0,3)").into(plugins, "later");
        PluginJar.scorer("newer", HALF).line("Sluice-Spi", "1.7").into(plugins, "newer");
        PluginJar.scorer("vague", HALF).line("Sluice-Spi", "any").into(plugins, "vague");
        PluginJar.scorer("other", HALF).into(plugins, "misplaced");
        PluginJar.part("twin", "good-scorer", "Scorer", HALF).into(plugins, "twin");
        PluginJar.part("usurper", "queue-scorer", "Scorer", HALF).into(plugins, "usurper");
        PluginJar.scorer("serviceless", HALF)
                .withoutFile("META-INF/services/dev.sluice.spi.Plugin")
                .into(plugins, "serviceless");
        PluginJar.scorer("dangling", HALF)
                .file("META-INF/services/dev.sluice.spi.Plugin", "vendor.Absent\n")
                .into(plugins, "dangling");
        PluginJar.scorer("shaded", HALF)
                .source(
                        "dev.sluice.spi.Scorer",
                        "package dev.sluice.spi; public interface Scorer {"
                                + " void score(Request r, Candidates c, double[] s); }")
                .source("vendor.shaded.ThePlugin", "package vendor.shaded; public class ThePlugin {}")
                .source("vendor.shaded.ThePart", "package vendor.shaded; public class ThePart {}")
                .into(plugins, "shaded");
        PluginJar.scorer("quits", "public void score(Request r, Candidates c, double[] s) { System.exit(0); }")
                .into(plugins, "quits");
        PluginJar.scorer("halts", """
                        public void score(Request r, Candidates c, double[] s) {
                            java.util.function.IntConsumer end = Runtime.getRuntime()::halt;
                            end.accept(1);
                        }""").into(plugins, "halts");
        PluginJar.scorer("bursts", HALF).source("vendor.bursts.ThePlugin", """
                        package vendor.bursts;
                        public final class ThePlugin implements dev.sluice.spi.Plugin {
                            static { if (true) throw new IllegalStateException("no"); }
                            public String id() { return "bursts"; }
                            public java.util.List<dev.sluice.spi.Factory<?>> factories() { return null; }
                        }""").into(plugins, "bursts");
        PluginJar.scorer("liar", HALF).source("vendor.liar.ThePlugin", """
                        package vendor.liar;
                        public final class ThePlugin implements dev.sluice.spi.Plugin {
                            public String id() { return "somebody-else"; }
                            public java.util.List<dev.sluice.spi.Factory<?>> factories() { return java.util.List.of(); }
                        }""").into(plugins, "liar");
        PluginJar.scorer("void", HALF)
                .source("vendor.void_.ThePlugin", """
                        package vendor.void_;
                        public final class ThePlugin implements dev.sluice.spi.Plugin {
                            public String id() { return "void"; }
                            public java.util.List<dev.sluice.spi.Factory<?>> factories() { return java.util.List.of(); }
                        }""")
                .source("vendor.void.ThePlugin", "package vendor.x; class Unused {}")
                .source("vendor.void.ThePart", "package vendor.x; class Unused2 {}")
                .file("META-INF/services/dev.sluice.spi.Plugin", "vendor.void_.ThePlugin\n")
                .into(plugins, "void");
        PluginJar.empty()
                .lines("junk", "1", "[1.0,2)")
                .file("x/Y.class", "no class")
                .into(plugins, "junk");
        Files.writeString(Files.createDirectories(plugins.resolve("torn")).resolve("torn.jar"), "PK no more");
        Files.createDirectories(plugins.resolve("bare"));
        Files.createDirectories(plugins.resolve("..data"));

        Contents contents = load();

        assertThat(contents.loaded()).extracting(LoadedPlugin::id).containsExactly("good");
        assertThat(reasons(contents))
                .containsOnlyKeys(
                        "no-id",
                        "no-version",
                        "no-spi",
                        "later",
                        "newer",
                        "vague",
                        "misplaced",
                        "twin",
                        "usurper",
                        "serviceless",
                        "dangling",
                        "shaded",
                        "quits",
                        "halts",
                        "bursts",
                        "liar",
                        "void",
                        "junk",
                        "torn",
                        "bare");
        assertThat(reasons(contents))
                .containsEntry("no-id", "no-id.jar lacks the manifest line Sluice-Plugin-Id")
                .containsEntry("no-version", "no-version.jar lacks the manifest line Sluice-Plugin-Version")
                .containsEntry("no-spi", "no-spi.jar lacks the manifest line Sluice-Spi")
                .containsEntry("later", "asks for SPI [2.0,3), this gateway has " + Spi.version())
                .containsEntry("newer", "asks for SPI 1.7, this gateway has " + Spi.version())
                .containsEntry("vague", "Sluice-Spi \"any\" is not a range such as [1.0,2)")
                .containsEntry("misplaced", "Sluice-Plugin-Id is other, but its directory is named misplaced")
                .containsEntry("twin", "brings the type good-scorer, which good has already")
                .containsEntry("usurper", "brings the type queue-scorer, which built-in has already")
                .containsEntry("serviceless", "has no META-INF/services/dev.sluice.spi.Plugin that names a class")
                .containsEntry(
                        "quits",
                        "quits.jar: class vendor.quits.ThePart calls java.lang.System.exit, which would"
                                + " end the gateway")
                .containsEntry(
                        "halts",
                        "halts.jar: class vendor.halts.ThePart calls java.lang.Runtime.halt, which would"
                                + " end the gateway")
                .containsEntry("liar", "Sluice-Plugin-Id is liar, but its code says somebody-else")
                .containsEntry("void", "brings no type")
                .containsEntry("torn", "torn.jar is no jar, or an empty one")
                .containsEntry("bare", "its directory holds no jar");
        assertThat(reasons(contents).get("shaded"))
                .isEqualTo("shaded.jar contains the SPI class dev.sluice.spi.Scorer: depend on sluice-spi with scope"
                        + " provided");
        assertThat(reasons(contents).get("dangling")).contains("vendor.Absent");
        assertThat(reasons(contents).get("bursts")).contains("ExceptionInInitializerError");
        assertThat(reasons(contents).get("junk")).startsWith("junk.jar: class x.Y is broken");
    }

    @Test
    void twoPluginsNeverSeeEachOthersVersionOfALibrary() throws Exception {
        for (int version = 1; version <= 2; version++) {
            String id = "v" + version;
            Path library = PluginJar.empty()
                    .source(
                            "lib.Answer",
                            "package lib; public final class Answer { public static double of() { return "
                                    + version / 4.0 + "; }" + (version == 2 ? " public static void onlyInTwo() {}" : "")
                                    + " }")
                    .write(Files.createDirectories(plugins.resolve(id)).resolve("a-library.jar"));
            PluginJar.scorer(
                            id,
                            "public void score(Request r, Candidates c, double[] s) {"
                                    + (version == 2 ? " lib.Answer.onlyInTwo();" : "")
                                    + " Arrays.fill(s, lib.Answer.of()); }")
                    .against(library)
                    .into(plugins, id);
        }
        Contents contents = load();

        assertThat(contents.loaded()).hasSize(2);
        assertThat(scoreOf(contents.loaded().get(0))).isEqualTo(0.25);
        assertThat(scoreOf(contents.loaded().get(1))).isEqualTo(0.5);
        assertThat(contents.loaded().get(0).loader().loadClass("lib.Answer"))
                .isNotSameAs(contents.loaded().get(1).loader().loadClass("lib.Answer"));
    }

    @Test
    void aPluginSeesTheJdkAndTheSpiAndNothingOfTheGateway() throws Exception {
        PluginJar.scorer("zone", HALF).into(plugins, "zone");
        ClassLoader loader = load().loaded().getFirst().loader();

        assertThat(loader.loadClass("dev.sluice.spi.Scorer")).isSameAs(Scorer.class);
        assertThat(loader.loadClass("java.sql.Connection")).isNotNull();
        assertThatThrownBy(() -> loader.loadClass("dev.sluice.gateway.Gateway"))
                .isInstanceOf(ClassNotFoundException.class);
        assertThatThrownBy(() -> loader.loadClass("io.helidon.webserver.WebServer"))
                .isInstanceOf(ClassNotFoundException.class);
    }

    @Test
    void resourcesComeFromThePluginsOwnJars() throws Exception {
        PluginJar.scorer("zone", HALF).file("tables/prices.txt", "eu 3\n").into(plugins, "zone");
        ClassLoader loader = load().loaded().getFirst().loader();

        try (var in = loader.getResourceAsStream("tables/prices.txt")) {
            assertThat(in).isNotNull();
            assertThat(in.readAllBytes()).asString().isEqualTo("eu 3\n");
        }
        assertThat(loader.getResource("tables/absent.txt")).isNull();
    }

    @Test
    void theClassesForThisJavaAreTaken() throws Exception {
        PluginJar.scorer("zone", HALF)
                .line("Multi-Release", "true")
                .file("which.txt", "base")
                .file("META-INF/versions/21/which.txt", "twenty-one")
                .file("META-INF/versions/999/which.txt", "later")
                .into(plugins, "zone");

        try (var in = load().loaded().getFirst().loader().getResourceAsStream("which.txt")) {
            assertThat(in).isNotNull();
            assertThat(in.readAllBytes()).asString().isEqualTo("twenty-one");
        }
    }

    @Test
    void anUnchangedPluginIsKeptAndAChangedOneGetsALoaderOfItsOwn() throws Exception {
        PluginJar.scorer("same", HALF).into(plugins, "same");
        PluginJar.scorer("moved", HALF).into(plugins, "moved");
        Contents first = load();
        PluginJar.scorer("moved", HALF.replace("0.5", "0.75")).into(plugins, "moved");
        // It sorts before the others and claims a type of one that was there before: it gets nothing.
        PluginJar.part("aardvark", "same-scorer", "Scorer", HALF).into(plugins, "aardvark");
        Contents second = PluginDirectory.load(plugins, Map.of(), first.loaded());

        assertThat(second.loaded()).extracting(LoadedPlugin::id).containsExactly("moved", "same");
        assertThat(second.loaded().get(1)).isSameAs(first.loaded().get(1));
        assertThat(scoreOf(second.loaded().get(0))).isEqualTo(0.75);
        assertThat(reasons(second)).containsEntry("aardvark", "brings the type same-scorer, which same has already");
    }

    @Test
    void theOrderOfServiceFilesDoesNotMatter() throws Exception {
        for (String order : List.of("vendor.A\nvendor.B\n", "vendor.B\nvendor.A\n")) {
            PluginJar jar = PluginJar.empty().lines("pair", "1", "[1.0,2)");
            for (String name : List.of("A", "B")) {
                jar.source("vendor." + name, """
                        package vendor;
                        public final class %1$s implements dev.sluice.spi.Plugin {
                            public String id() { return "pair-%2$s"; }
                            public java.util.List<dev.sluice.spi.Factory<?>> factories() {
                                return java.util.List.of(dev.sluice.spi.Factory.of("%2$s", dev.sluice.spi.NoConfig.class,
                                    (c, x) -> (dev.sluice.spi.Scorer) (r, i, s) -> {}));
                            }
                        }""".formatted(name, name.toLowerCase(java.util.Locale.ROOT)));
            }
            jar.file("META-INF/services/dev.sluice.spi.Plugin", order).into(plugins, "pair");
            assertThat(load().loaded().getFirst().factories())
                    .extracting(Factory::type)
                    .containsExactly("a", "b");
        }
    }

    @Test
    void whateverCreateThrowsIsAReasonInWords() throws Exception {
        PluginJar.scorer("picky", "void init() { throw new ConfigException(\"no price for zone b\"); }" + HALF)
                .into(plugins, "picky");
        PluginJar.scorer("broken", "void init() { throw new Unspeakable(); }" + HALF)
                .source("vendor.broken.Unspeakable", """
                        package vendor.broken;
                        final class Unspeakable extends RuntimeException {
                            public String getMessage() { throw new Unspeakable(); }
                        }""")
                .into(plugins, "broken");
        PluginJar.scorer(
                        "endless",
                        "void init() { while (true) { Thread.onSpinWait(); if (Thread.interrupted()) throw"
                                + " new IllegalStateException(\"woken\"); } }" + HALF)
                .into(plugins, "endless");
        Contents contents = load();

        assertThatThrownBy(() -> create(contents.loaded().get(0)))
                .isInstanceOf(ConfigException.class)
                .hasMessage("broken-scorer can't be created: something that can't even say what it is");
        assertThatThrownBy(() -> create(contents.loaded().get(2)))
                .isInstanceOf(ConfigException.class)
                .hasMessage("no price for zone b");
        LoadedPlugin endless = contents.loaded().get(1);
        LoadedFactory<?> factory = (LoadedFactory<?>) endless.factories().getFirst();
        assertThatThrownBy(() -> hasty(factory).create(new NoConfig(), Nothing.CONTEXT))
                .isInstanceOf(ConfigException.class)
                .hasMessage("endless-scorer was not created within 50 ms");
    }

    @SuppressWarnings("unchecked")
    private static LoadedFactory<NoConfig> hasty(LoadedFactory<?> factory) {
        LoadedFactory<NoConfig> of = (LoadedFactory<NoConfig>) factory;
        return new LoadedFactory<>(
                of.plugin(), of.type(), of.config(), of.own(), of.loader(), java.time.Duration.ofMillis(50));
    }

    private Contents load() throws IOException {
        return PluginDirectory.load(plugins, Map.of("queue-scorer", "built-in"), List.of());
    }

    private static Map<String, String> reasons(Contents contents) {
        Map<String, String> reasons = new java.util.TreeMap<>();
        contents.refused().forEach(refused -> reasons.put(refused.id(), refused.reason()));
        return reasons;
    }

    @SuppressWarnings("unchecked")
    private static Part create(LoadedPlugin plugin) {
        return ((Factory<NoConfig>) plugin.factories().getFirst()).create(new NoConfig(), Nothing.CONTEXT);
    }

    private static double scoreOf(LoadedPlugin plugin) {
        double[] scores = new double[1];
        ((Scorer) create(plugin)).score(Nothing.REQUEST, Nothing.CANDIDATES, scores);
        return scores[0];
    }

    /** What a scorer is given that looks at nothing. */
    private static final class Nothing {
        static final Request REQUEST = proxy(Request.class);
        static final Candidates CANDIDATES = proxy(Candidates.class);
        static final PluginContext CONTEXT = proxy(PluginContext.class);

        private static <T> T proxy(Class<T> type) {
            return type.cast(java.lang.reflect.Proxy.newProxyInstance(
                    type.getClassLoader(), new Class<?>[] {type}, (p, method, arguments) -> {
                        throw new UnsupportedOperationException(method.getName());
                    }));
        }
    }
}
