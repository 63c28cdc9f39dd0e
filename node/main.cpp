#include "node/weftd.hpp"

#include <iostream>

int main(int argc, char** argv) {
  const auto command = weft::parse_command_line(argc, argv);
  if (const auto* print = std::get_if<weft::print_command>(&command)) {
    (print->code == 0 ? std::cout : std::cerr) << print->text;
    return print->code;
  }
  if (const auto* make = std::get_if<weft::make_api_key_command>(&command))
    return static_cast<int>(weft::make_key(*make));
  return static_cast<int>(weft::serve(std::get<weft::serve_command>(command)));
}
