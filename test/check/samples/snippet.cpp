// as: include/heddle/snippet.cpp check: readme
//[region
int right = 1;
//]
