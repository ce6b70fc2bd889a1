package dev.sluice.gateway.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** A bad configuration of a table, with all that is wrong in it. */
record Bad(String title, String yaml, List<String> errors) {
    @Override
    public String toString() {
        return title;
    }

    /** Blocks of a resource: a title after "---", the file, and after "=>" what is expected. */
    static Stream<Bad> table(String resource) throws IOException {
        try (InputStream in = Objects.requireNonNull(Bad.class.getResourceAsStream(resource))) {
            List<Bad> table = new ArrayList<>();
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            for (String block : text.split("(?m)^--- ")) {
                if (block.startsWith("#")) {
                    continue;
                }
                int title = block.indexOf('\n');
                List<String> errors = new ArrayList<>();
                StringBuilder yaml = new StringBuilder();
                for (String line : block.substring(title + 1).split("\n")) {
                    if (line.startsWith("=> ")) {
                        errors.add(line.substring(3));
                    } else {
                        yaml.append(line.equals("@pool") ? Loads.MINIMAL : line + "\n");
                    }
                }
                table.add(new Bad(block.substring(0, title), yaml.toString(), errors));
            }
            return table.stream();
        }
    }
}
