# The packages of the cluster part. runtime/ needs none of them.
find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(CAF 0.17.6 EXACT REQUIRED) # 0.18 changes inspection, type ids and promises: see actors/README.md
find_package(spdlog REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(OpenSSL REQUIRED)
