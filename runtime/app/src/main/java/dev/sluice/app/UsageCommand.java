package dev.sluice.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "usage",
        mixinStandardHelpOptions = true,
        description = "Sums up usage logs: requests, tokens, seconds of engines, and what they cost.")
final class UsageCommand implements Callable<Integer> {
    @Parameters(arity = "1..*", paramLabel = "FILE", description = "Usage logs, rotated ones too.")
    private List<Path> files = List.of();

    @Option(
            names = "--by",
            split = ",",
            paramLabel = "FIELD",
            description = "What rows are made of: fields of the log, such as tenant, key, pool, model, adapter, route,"
                    + " outcome, or day, hour. Default: ${DEFAULT-VALUE}.",
            defaultValue = "tenant,model")
    private List<String> by = List.of();

    @Option(
            names = "--prices",
            paramLabel = "FILE",
            description =
                    "What a million tokens costs, by model: {chat: {input: 0.5, cached: 0.1, output: 1.5}, default:"
                            + " {…}}.")
    private Optional<Path> prices = Optional.empty();

    @Option(names = "--json", description = "Prints JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        List<String> unknown =
                by.stream().filter(field -> !UsageSums.FIELDS.contains(field)).toList();
        if (!unknown.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--by knows " + String.join(", ", UsageSums.FIELDS) + "; not " + String.join(", ", unknown));
        }
        UsageSums sums = new UsageSums(by, prices.isPresent() ? UsagePrices.read(prices.get()) : UsagePrices.NONE);
        for (Path file : files) {
            sums.add(file);
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(new ObjectMapper()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .writeValueAsString(sums.rows().stream().map(this::tree).toList()));
        } else {
            table(sums.rows(), out);
        }
        out.flush();
        if (sums.unreadable() > 0) {
            spec.commandLine().getErr().println("sluice usage: " + sums.unreadable() + " lines could not be read");
            spec.commandLine().getErr().flush();
        }
        return sums.unreadable() > 0 ? Main.FAILED : Main.FINE;
    }

    private Map<String, Object> tree(UsageSums.Row row) {
        Map<String, Object> tree = new LinkedHashMap<>();
        for (int i = 0; i < by.size(); i++) {
            tree.put(by.get(i), row.key().get(i));
        }
        tree.put("requests", row.requests());
        tree.put("promptTokens", row.prompt());
        tree.put("cachedTokens", row.cached());
        tree.put("outputTokens", row.output());
        tree.put("engineSeconds", Math.round(row.engineSeconds() * 1000) / 1000.0);
        if (prices.isPresent()) {
            tree.put("cost", Math.round(row.cost() * 1e6) / 1e6);
        }
        return tree;
    }

    private void table(List<UsageSums.Row> rows, PrintWriter out) {
        List<String> head = new ArrayList<>(by);
        head.addAll(List.of("requests", "prompt", "cached", "output", "engine s"));
        if (prices.isPresent()) {
            head.add("cost");
        }
        List<List<String>> lines = new ArrayList<>(List.of(head));
        rows.forEach(row -> lines.add(cells(row)));
        int[] widths = new int[head.size()];
        lines.forEach(line -> {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        });
        for (List<String> line : lines) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String pad = " ".repeat(widths[i] - line.get(i).length());
                text.append(i < by.size() ? line.get(i) + pad : pad + line.get(i))
                        .append(i + 1 < widths.length ? "  " : "");
            }
            out.println(text.toString().stripTrailing());
        }
    }

    private List<String> cells(UsageSums.Row row) {
        List<String> cells = new ArrayList<>(row.key());
        cells.add(Long.toString(row.requests()));
        cells.add(Long.toString(row.prompt()));
        cells.add(Long.toString(row.cached()));
        cells.add(Long.toString(row.output()));
        cells.add(String.format(Locale.ROOT, "%.1f", row.engineSeconds()));
        if (prices.isPresent()) {
            cells.add(String.format(Locale.ROOT, "%.4f", row.cost()));
        }
        return cells;
    }
}
