package dev.sluice.app;

import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigDocs;
import dev.sluice.gateway.config.LlmdTypesPage;
import dev.sluice.gateway.config.Schema;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "schema",
        mixinStandardHelpOptions = true,
        description = "Prints the JSON Schema of the configuration, parameters of plugins included.")
final class SchemaCommand implements Callable<Integer> {
    enum Format {
        JSON,
        MARKDOWN,
        TYPES
    }

    @Option(
            names = "--format",
            paramLabel = "json|markdown|types",
            description =
                    "Default: json. markdown: the configuration page; types: what becomes of llm-d's plugin types.")
    private Format format = Format.JSON;

    @Option(names = "--plugins", paramLabel = "DIR", description = "A directory of third-party plugins.")
    private Optional<Path> plugins = Optional.empty();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        Catalog builtIns = Catalog.onClassPath();
        Catalog catalog = plugins.isPresent() ? builtIns.with(plugins.get()) : builtIns;
        spec.commandLine()
                .getOut()
                .print(
                        switch (format) {
                            case JSON -> Schema.json(catalog) + "\n";
                            case MARKDOWN -> ConfigDocs.markdown(catalog);
                            case TYPES -> LlmdTypesPage.markdown(catalog);
                        });
        spec.commandLine().getOut().flush();
        return Main.FINE;
    }
}
