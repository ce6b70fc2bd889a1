package dev.sluice.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.plugin.LoadedPlugin;
import dev.sluice.gateway.plugin.PluginDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "plugins",
        subcommands = NewPluginCommand.class,
        mixinStandardHelpOptions = true,
        description = "Lists the plugin types that a configuration may name, and what a plugin directory would add:"
                + " which jars, which SPI, or why not. Exit 1 if a plugin would not load.")
final class PluginsCommand implements Callable<Integer> {
    @Option(names = "--directory", paramLabel = "DIR", description = "A plugin directory: DIR/ID/*.jar.")
    private Optional<Path> directory = Optional.empty();

    @Option(names = "--json", description = "Prints JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private record Listing(List<Row> types, List<Jars> jars, List<PluginDirectory.Refused> refused) {}

    private record Row(String type, String plugin, List<String> parameters) {}

    private record Jars(String plugin, String version, String spi, List<LoadedPlugin.Jar> files) {}

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (directory.isPresent() && !Files.isDirectory(directory.get())) {
            spec.commandLine().getErr().println("sluice plugins: there is no directory " + directory.get());
            return Main.WRONG_USE;
        }
        Catalog builtIns = Catalog.onClassPath();
        Catalog catalog = directory.isPresent() ? builtIns.with(directory.get()) : builtIns;
        Listing listing = new Listing(
                catalog.entries().stream().map(PluginsCommand::row).toList(),
                catalog.loaded().stream()
                        .map(p -> new Jars(p.id(), p.version(), p.spi(), p.jars()))
                        .toList(),
                catalog.refused());
        if (json) {
            out.println(json(listing));
        } else {
            print(listing, out);
        }
        out.flush();
        return listing.refused.isEmpty() ? Main.FINE : Main.FAILED;
    }

    private static Row row(Catalog.Entry entry) {
        return new Row(
                entry.factory().type(),
                entry.plugin(),
                Arrays.stream(entry.factory().config().getRecordComponents())
                        .map(RecordComponent::getName)
                        .toList());
    }

    private static String json(Listing listing) throws JsonProcessingException {
        return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(listing);
    }

    private static void print(Listing listing, PrintWriter out) {
        listing.types.forEach(
                row -> out.printf("%-34s %-10s %s%n", row.type, row.plugin, String.join(", ", row.parameters)));
        for (Jars jars : listing.jars) {
            out.printf("%n%s %s, SPI %s%n", jars.plugin, jars.version, jars.spi);
            jars.files.forEach(file -> out.printf("  %s  sha256 %s%n", file.file(), file.sha256()));
        }
        for (PluginDirectory.Refused refused : listing.refused) {
            out.printf("%n%s is refused: %s%n", refused.id(), refused.reason());
        }
    }
}
