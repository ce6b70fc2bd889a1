package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * {@code docs/reliability.md} names only tests and stages that there are, and only tests that ran.
 *
 * <p>How it knows that a test ran: by the reports that Surefire leaves in each module, of which this module's tests come last in a build
 * of all. A report counts when it is no older than the compiled class of its test, so that what was left by an earlier build proves
 * nothing. Where there is no such report (one module built alone, or without Maven) nothing is known, and that part is skipped;
 * with {@code -Dsluice.reliability=ran}, as {@code .ci/run} says it, that is a failure. Tests of this module itself run beside this one:
 * of them it knows that they are there, and Maven fails when they do.
 */
class ReliabilityPageTest {
    private static final int REASONS = 15;
    private static final Pattern ROW = Pattern.compile("^\\| ([FHPL]\\d\\d[a-e]?) \\|.*\\| ([^|]+) \\|$");
    private static final Pattern NAMED = Pattern.compile("`(\\w+)#(\\w+)`");
    private static final Pattern STAGE = Pattern.compile("stage `([\\w-]+)`");
    private static final Pattern ANNOTATION =
            Pattern.compile("@(?:Test|ParameterizedTest|RepeatedTest|Property|TestFactory|ArchTest|FuzzTest)\\b");
    private static final Pattern CASE = Pattern.compile("<testcase name=\"(\\w+)[^\"]*\"[^>]*?(/?)>");

    private final Path root = root();
    private final Map<String, String> rows = rows();

    private static Path root() {
        Path here = Path.of("").toAbsolutePath();
        for (Path up = here; up != null; up = up.getParent()) {
            if (Files.isDirectory(up.resolve(".ci"))) {
                return up;
            }
        }
        throw new IllegalStateException("not within the project: " + here);
    }

    /** What holds each row, by the row's name. */
    private Map<String, String> rows() {
        Map<String, String> all = new TreeMap<>();
        for (String line : read(root.resolve("docs/reliability.md")).split("\n")) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                assertThat(all.put(row.group(1), row.group(2)))
                        .as(row.group(1) + " stands once")
                        .isNull();
            }
        }
        return all;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private record Named(String type, String method) {}

    private List<Named> named() {
        List<Named> all = new ArrayList<>();
        for (String held : rows.values()) {
            Matcher test = NAMED.matcher(held);
            while (test.find()) {
                all.add(new Named(test.group(1), test.group(2)));
            }
        }
        return all;
    }

    /** Test sources by the name of their class; of those that share a name all. */
    private Map<String, List<Path>> sources() throws IOException {
        Map<String, List<Path>> all = new TreeMap<>();
        for (Path module : modules()) {
            Path tests = module.resolve("src/test/java");
            if (Files.isDirectory(tests)) {
                try (Stream<Path> files = Files.walk(tests)) {
                    files.filter(file -> file.toString().endsWith(".java"))
                            .forEach(file -> all.computeIfAbsent(
                                            file.getFileName().toString().replace(".java", ""), _ -> new ArrayList<>())
                                    .add(file));
                }
            }
        }
        return all;
    }

    private List<Path> modules() {
        return Stream.of(
                        "spi-testkit",
                        "plugins",
                        "knative",
                        "runtime/core",
                        "runtime/gateway",
                        "runtime/kvevents",
                        "runtime/simulator",
                        "runtime/simulator-zmq",
                        "runtime/app")
                .map(root::resolve)
                .toList();
    }

    @Test
    void everyRowOfTheCatalogueStandsOnceAndSaysWhatHoldsIt() {
        TreeSet<String> wanted = new TreeSet<>(List.of("F23b", "F23c", "F23d", "F23e"));
        Map.of("F", 82, "H", 16, "P", 16, "L", 12)
                .forEach((letter, count) ->
                        IntStream.rangeClosed(1, count).forEach(i -> wanted.add("%s%02d".formatted(letter, i))));
        assertThat(rows.keySet()).containsExactlyElementsOf(wanted);
        List<String> uncovered = new ArrayList<>();
        rows.forEach((row, held) -> {
            if (held.startsWith("not covered: ")) {
                assertThat(held.length()).as(row + " says why").isGreaterThan("not covered: ".length() + 20);
                uncovered.add(row);
            } else {
                assertThat(NAMED.matcher(held).find() || STAGE.matcher(held).find())
                        .as(row + " names a test")
                        .isTrue();
            }
        });
        assertThat(uncovered).hasSizeLessThanOrEqualTo(REASONS);
    }

    @Test
    void everyTestAndStageThatIsNamedIsThere() throws IOException {
        Map<String, List<Path>> sources = sources();
        List<String> missing = new ArrayList<>();
        for (Named test : named()) {
            boolean there = sources.getOrDefault(test.type(), List.of()).stream()
                    .anyMatch(source -> isTest(read(source), test.method()));
            if (!there) {
                missing.add(test.type() + "#" + test.method());
            }
        }
        String stages = read(root.resolve(".ci/run"));
        for (String held : rows.values()) {
            Matcher stage = STAGE.matcher(held);
            while (stage.find()) {
                if (!Pattern.compile("(?m)^stage " + stage.group(1) + " ")
                        .matcher(stages)
                        .find()) {
                    missing.add("stage " + stage.group(1));
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    /** Whether a source has a method (or a rule) of that name with a test annotation between it and the member before it. */
    private static boolean isTest(String source, String method) {
        Matcher declared =
                Pattern.compile("\\b(?:void|ArchRule) " + method + "\\b").matcher(source);
        while (declared.find()) {
            int before = Math.max(
                    source.lastIndexOf("\n    }\n", declared.start()), source.lastIndexOf(";\n\n", declared.start()));
            if (ANNOTATION
                    .matcher(source.substring(Math.max(0, before), declared.start()))
                    .find()) {
                return true;
            }
        }
        return false;
    }

    @Test
    void everyTestThatIsNamedRanAndPassed() throws IOException {
        boolean required = "ran".equals(System.getProperty("sluice.reliability"));
        Map<String, List<Path>> sources = sources();
        List<String> wrong = new ArrayList<>();
        List<String> unknown = new ArrayList<>();
        int known = 0;
        for (Named test : named()) {
            for (Path source : sources.getOrDefault(test.type(), List.of())) {
                if (!isTest(read(source), test.method()) || source.startsWith(root.resolve("runtime/app"))) {
                    continue;
                }
                String name = test.type() + "#" + test.method();
                Path report = report(source);
                if (!fresh(report, source)) {
                    unknown.add(name);
                } else if (ran(read(report), test.method())) {
                    known++;
                } else {
                    wrong.add(name);
                }
            }
        }
        assertThat(wrong).as("named, and did not run or did not pass").isEmpty();
        if (required) {
            assertThat(unknown).as("named, and nothing says that they ran").isEmpty();
        }
        assumeThat(known).as("tests whose reports are here").isPositive();
    }

    private Path report(Path source) {
        return module(source).resolve("target/surefire-reports/TEST-" + type(source) + ".xml");
    }

    private Path module(Path source) {
        return modules().stream().filter(source::startsWith).findFirst().orElseThrow();
    }

    private String type(Path source) {
        String path = module(source).resolve("src/test/java").relativize(source).toString();
        return path.replace(".java", "").replace(java.io.File.separatorChar, '.');
    }

    private boolean fresh(Path report, Path source) throws IOException {
        Path compiled = module(source)
                .resolve("target/test-classes")
                .resolve(type(source).replace('.', java.io.File.separatorChar) + ".class");
        return Files.exists(report)
                && Files.exists(compiled)
                && Files.getLastModifiedTime(report).compareTo(Files.getLastModifiedTime(compiled)) >= 0;
    }

    /** Whether a report has the test, and neither a failure nor a skip in any of its runs. */
    private static boolean ran(String report, String method) {
        boolean found = false;
        Matcher one = CASE.matcher(report);
        while (one.find()) {
            if (one.group(1).equals(method)) {
                found = true;
                String inside = one.group(2).isEmpty()
                        ? report.substring(one.end(), report.indexOf("</testcase>", one.end()))
                        : "";
                if (inside.contains("<failure") || inside.contains("<error") || inside.contains("<skipped")) {
                    return false;
                }
            }
        }
        return found;
    }
}
