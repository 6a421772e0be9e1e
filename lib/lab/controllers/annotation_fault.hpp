// Takes an annotation off every object of a resource for as long as it is on, from those that are there and
// from those that are written meanwhile, and puts back what it took.
#pragma once

#include "lab/api/object_fields.hpp"

#include <map>
#include <string>
#include <vector>

namespace meshdrill::lab {

class AnnotationFault {
 public:
  // `store` must outlive it.
  AnnotationFault(ObjectStore& store, std::string resource, std::vector<std::string> annotations);

  void set(bool on);

 private:
  void strip(const Object& object);
  void put_back();

  ObjectStore& store_;
  std::string resource_;
  std::vector<std::string> annotations_;
  std::map<ObjectKey, std::map<std::string, std::string>> taken_;
  ObjectStore::Subscription subscription_;  // while on
};

}  // namespace meshdrill::lab
